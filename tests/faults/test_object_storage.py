"""An object storage whose every tenth read breaks: cut, refused, slow, or of other bytes."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from latentlink.models.checkpoint.remote.bucket import Bucket
from latentlink.models.checkpoint.remote.location import StoreURL
from latentlink.models.checkpoint.remote.mirror import Mirror
from latentlink.models.checkpoint.remote.store import RemoteStore
from latentlink.models.checkpoint.store import current_version
from latentlink.models.errors import RemoteError
from tests.e2e.replica import follow
from tests.e2e.service import free_port
from tests.models.checkpoint.remote.storage import files_of, published
from tests.support import Small
from tests.tools import Tool

pytestmark = pytest.mark.slow

SWAPS = 20
RCLONE = Tool(
    "rclone",
    shutil.which("rclone", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"),
    "no rclone on this machine: make proofs installs it",
)


def test_a_replica_serves_whole_versions_whatever_the_storage_does(small: Small, tmp_path: Path) -> None:
    """From an empty cache on, while 20 versions are pushed, four corrupt ones between; then without the storage, and restarted.

    No request fails, every answer is of one version, and no version is seen that is not whole. `benchmarks/object_storage.py` is
    the long form, with a model of a gigabyte.
    """
    random = np.random.default_rng(0)
    row = np.arange(10_000)
    links = np.stack([row[:-1], row[1:]], axis=1)
    large = Small(
        random.normal(size=(len(row), 1024)).astype(np.float32), links, ids=tuple(map(str, row)), mapped=False
    )
    with patch.dict(os.environ):
        outcome = follow(tmp_path, small, large, swaps=SWAPS, connections=8, pause=0, rest=1)
    assert outcome.seen.failures + outcome.away.failures == []
    assert (outcome.wrong, outcome.watch.broken, outcome.late) == ([], [], [])
    assert len({version for version, _, _ in outcome.seen.answers}) == SWAPS + 1
    assert len(outcome.watch.whole) >= 2


@RCLONE.needed
def test_a_storage_without_conditions_and_parts_is_used_with_a_warning(tmp_path: Path) -> None:
    """`rclone serve s3`: what is pushed is copied whole, forwards and backwards; pushes know that nothing guards them."""
    with _rclone(tmp_path / "storage") as bucket:
        remote, mirror = RemoteStore(bucket), Mirror(bucket, tmp_path / "copies")
        first, second = (published(tmp_path / "published", seed) for seed in (0, 1))
        for path in (first, second):
            assert not remote.push(path).guarded
            mirror.look()
            assert files_of(tmp_path / "copies/small" / path.name) == files_of(path)
        remote.activate("small", first.name)
        mirror.look()
        assert current_version(tmp_path / "copies/small") == first.name


@contextmanager
def _rclone(folder: Path) -> Iterator[Bucket]:
    """A bucket of a running `rclone serve s3`."""
    (folder / "models").mkdir(parents=True)
    port = free_port()
    address = ("--addr", f"127.0.0.1:{port}", "--auth-key", "somebody,something")
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "something",
    }
    command = [RCLONE.require(), "serve", "s3", *address, str(folder)]
    with patch.dict(os.environ, environment), subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            bucket = StoreURL("s3://models/production").open()
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                with suppress(RemoteError):
                    bucket.folders()
                    break
            yield bucket
        finally:
            process.kill()
