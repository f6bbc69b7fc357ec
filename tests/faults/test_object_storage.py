"""Object storages of several protocols, and one whose every tenth read breaks: cut, refused, slow, or of other bytes."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from latentlink.models.checkpoint.moving import prune
from latentlink.models.checkpoint.remote.bucket import Bucket
from latentlink.models.checkpoint.remote.location import StoreURL
from latentlink.models.checkpoint.remote.mirror import Mirror
from latentlink.models.checkpoint.remote.store import RemoteStore
from latentlink.models.checkpoint.store import activate, current_version
from latentlink.models.errors import ConflictError, RemoteError
from tests.e2e.replica import BREAK_EVERY, follow
from tests.e2e.storages.azurite import AZURITE, azurite
from tests.e2e.storages.moto import MOTO, moto
from tests.e2e.storages.own import google, s3
from tests.e2e.storages.rclone import RCLONE, rclone
from tests.e2e.storages.storage import Storage
from tests.models.checkpoint.remote.storage import files_of, published
from tests.support import Small

pytestmark = pytest.mark.slow

Run = Callable[[Path], AbstractContextManager[Storage]]


AZURE = pytest.param(azurite, marks=AZURITE.needed, id="azurite")
AMAZON = pytest.param(moto, marks=MOTO.needed, id="moto")
WITHOUT_CONDITIONS = pytest.param(rclone, marks=RCLONE.needed, id="rclone")
# Those that keep conditions.
GUARDED = (pytest.param(s3, id="s3"), pytest.param(google, id="google"), AMAZON, AZURE)


@pytest.fixture(scope="module")
def storage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """The one that the test names; it starts once."""
    run: Run = request.param
    with run(tmp_path_factory.mktemp("storage") / "served") as storage:
        yield storage


@pytest.fixture
def bucket(storage: Storage, tmp_path: Path) -> Iterator[Bucket]:
    """A store in it that no other test uses."""
    with patch.dict(os.environ, storage.environment):
        yield StoreURL(f"{storage.url}/{tmp_path.name}").open()


@pytest.mark.parametrize(
    ("run", "swaps"),
    [
        pytest.param(partial(s3, break_every=BREAK_EVERY), 20, id="s3"),
        pytest.param(partial(google, break_every=BREAK_EVERY), 5, id="google"),
        pytest.param(azurite, 5, marks=AZURITE.needed, id="azurite"),
        pytest.param(moto, 5, marks=MOTO.needed, id="moto"),
    ],
)
def test_a_replica_serves_whole_versions_whatever_the_storage_does(
    small: Small, tmp_path: Path, run: Run, swaps: int
) -> None:
    """From an empty cache on, while versions are pushed, corrupt ones between; then without the storage, and restarted.

    No request fails, every answer is of one version, and no version is seen that is not whole. `benchmarks/object_storage.py` is
    the long form, with a model of a gigabyte.
    """
    random = np.random.default_rng(0)
    row = np.arange(10_000)
    links = np.stack([row[:-1], row[1:]], axis=1)
    large = Small(
        random.normal(size=(len(row), 1024)).astype(np.float32), links, ids=tuple(map(str, row)), mapped=False
    )
    with patch.dict(os.environ), run(tmp_path / "storage") as storage:
        outcome = follow(tmp_path, storage, small, large, swaps=swaps, connections=8, pause=0, rest=1)
    assert outcome.seen.failures + outcome.away.failures == []
    assert (outcome.wrong, outcome.watch.broken, outcome.late) == ([], [], [])
    assert len({version for version, _, _ in outcome.seen.answers}) == swaps + 1
    assert len(outcome.watch.whole) >= 2


@pytest.mark.parametrize("storage", [*GUARDED, WITHOUT_CONDITIONS], indirect=True)
def test_what_is_pushed_is_copied_whole_forwards_and_backwards(bucket: Bucket, tmp_path: Path) -> None:
    """Files, versions and what `CURRENT` names; also of versions that were pushed before, and without parts of objects."""
    remote, mirror = RemoteStore(bucket), Mirror(bucket, tmp_path / "copies")
    first, second = (published(tmp_path / "published", seed) for seed in (0, 1))
    for path in (first, second, first):
        remote.push(path)
        mirror.look()
        assert files_of(tmp_path / "copies/small" / path.name) == files_of(path)
        assert current_version(tmp_path / "copies/small") == path.name
    remote.activate("small", second.name)
    mirror.look()
    assert current_version(tmp_path / "copies/small") == second.name


@pytest.mark.parametrize("storage", [*GUARDED, WITHOUT_CONDITIONS], indirect=True)
def test_old_versions_are_pruned(bucket: Bucket, tmp_path: Path) -> None:
    """What is left is what a directory has after its own, and another one does not mind what the first one deleted."""
    store, remote = tmp_path / "published", RemoteStore(bucket)
    paths = [published(store, seed) for seed in range(3)]
    for path in paths:
        remote.push(path)
    remote.activate("small", paths[0].name)
    activate(store, "small", paths[0].name)
    assert remote.prune("small", 1) == prune(store, "small", 1) == [paths[1].name]
    bucket.remove([f"small/{paths[1].name}/{file}" for file in ("manifest.json", "nodes.safetensors")])
    found = [(one.version, one.current) for one in remote.listed()]
    assert found == [(paths[0].name, True), (paths[2].name, False)]
    assert {*bucket.stored("small")} == {*files_of(store / "small")}


@pytest.mark.parametrize("storage", GUARDED, indirect=True)
def test_of_two_writers_at_once_the_second_is_refused(bucket: Bucket, tmp_path: Path) -> None:
    """By the storage itself, of which a push learns that it keeps conditions; the first one's version stays current."""
    remote, (ours, theirs) = RemoteStore(bucket), (published(tmp_path, seed) for seed in (0, 1))
    assert remote.push(ours).guarded
    known = bucket.read("small/CURRENT")
    remote.push(theirs)
    for expected in (known, None):
        with pytest.raises(ConflictError):
            bucket.replace("small/CURRENT", f"{ours.name}\n".encode(), expected)
    assert [one.version for one in remote.listed() if one.current] == [theirs.name]


@pytest.mark.parametrize("storage", [WITHOUT_CONDITIONS], indirect=True)
def test_a_push_knows_that_nothing_guards_it(bucket: Bucket, tmp_path: Path) -> None:
    """`rclone serve s3` creates an object that is there."""
    assert not RemoteStore(bucket).push(published(tmp_path)).guarded


@pytest.mark.parametrize("storage", [AZURE, WITHOUT_CONDITIONS], indirect=True)
def test_a_bucket_that_is_missing_and_a_key_that_is_wrong_are_named(
    storage: Storage, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In each request, with what to do; a missing bucket is no empty store. The servers are not this project's."""
    scheme = storage.url.partition("://")[0]
    missing = StoreURL(f"{scheme}://missing/production").open()
    key = "AZURE_STORAGE_ACCOUNT_KEY" if scheme == "az" else "AWS_SECRET_ACCESS_KEY"
    monkeypatch.setenv(key, "wrong+++")
    stranger = StoreURL(bucket.url).open()
    for wrong, advice in (
        (missing, "make the (bucket|container) missing, or correct the URL$"),
        (stranger, f"{key}, and"),
    ):
        for ask in (
            wrong.folders,
            partial(wrong.read, "a"),
            partial(wrong.write, "a", b""),
            partial(wrong.remove, ["a"]),
        ):
            with pytest.raises(RemoteError, match=advice):
                ask()
