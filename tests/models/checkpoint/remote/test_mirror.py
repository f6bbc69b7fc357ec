"""A directory that follows object storage: whole versions alone, within its bounds, whatever the storage does."""

import logging
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from latentlink.models.checkpoint.disk.locking import exclusive
from latentlink.models.checkpoint.publish import LOCK
from latentlink.models.checkpoint.remote import mirror as module
from latentlink.models.checkpoint.remote.mirror import Mirror
from latentlink.models.checkpoint.remote.pull import PARTIAL
from latentlink.models.checkpoint.remote.report import read_report
from latentlink.models.checkpoint.remote.store import RemoteStore
from latentlink.models.checkpoint.store import current_version
from tests.models.checkpoint.helpers import publish_small
from tests.models.checkpoint.remote.storage import Storage, away, files_of, published


class Setting:
    """A storage with versions of a model, and a directory that mirrors it.

    Attributes:
        storage: the storage.
        remote: to publish to it.
        local: the directory of what was published.
        root: the directory of copies.
    """

    def __init__(self, folder: Path) -> None:
        self.storage = Storage()
        self.remote = RemoteStore(self.storage)
        self.local, self.root = folder / "published", folder / "copies"

    def publish(self, seed: int = 0, name: str = "small") -> str:
        """A version, which is current at once."""
        path = published(self.local, seed, name)
        self.remote.push(path)
        return path.name

    def mirror(self, most: int | None = None, candidate: str | None = None) -> Mirror:
        """A new process that mirrors."""
        return Mirror(self.storage, self.root, most, {"small": candidate} if candidate else None)

    def versions(self, name: str = "small") -> list[str]:
        """The copies, oldest first; none of them is damaged."""
        found = sorted(path.name for path in (self.root / name).glob("2*"))
        for version in found:
            assert files_of(self.root / name / version) == files_of(self.local / name / version)
        return found

    def current(self, name: str = "small") -> str:
        """The version that is served."""
        return current_version(self.root / name)


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    """An empty storage and an empty directory."""
    return Setting(tmp_path)


def test_current_is_followed_forwards_and_backwards(setting: Setting) -> None:
    """A look copies the version that it names, and one without news reads nothing else."""
    mirror, first = setting.mirror(), setting.publish(0)
    mirror.look()
    second = setting.publish(1)
    mirror.look()
    assert (setting.current(), setting.versions()) == (second, [first, second])
    setting.remote.activate("small", first)
    setting.storage.reads.clear()
    mirror.look()
    assert (setting.current(), setting.storage.reads) == (first, ["", "small/CURRENT"])


def test_no_part_of_a_version_is_ever_seen(setting: Setting) -> None:
    """A storage that goes away after each number of answers: the old version stays, until the new one is whole."""
    first = setting.publish(0)
    setting.mirror().look()
    second = setting.publish(1)
    for most in range(100):
        setting.storage.most = most
        mirror = setting.mirror()
        mirror.look()
        assert setting.current() in setting.versions()
        assert {path.name for path in setting.root.iterdir()} <= {"small", ".lock", ".mirror.json", ".partial"}
        mirror._held.close()  # type: ignore[union-attr]  # as the kernel does when a process dies
        if setting.current() == second:
            break
    assert most > 5
    assert setting.versions() == [first, second]


def test_what_is_copied_is_served_while_the_storage_is_away(setting: Setting, caplog: pytest.LogCaptureFixture) -> None:
    """Also by the next process; the report names the storage, the log once, and both go on when it is back."""
    first = setting.publish(0)
    setting.mirror().look()
    away(setting.storage)
    mirror = setting.mirror()
    with caplog.at_level(logging.ERROR):
        mirror.look()
        mirror.look()
    assert (setting.current(), len(caplog.records)) == (first, 1)
    assert "expected an answer" in (read_report(setting.root).store or "")
    setting.storage.most = None
    second = setting.publish(1)
    mirror.look()
    assert (setting.current(), read_report(setting.root).store) == (second, None)


def test_a_model_that_can_t_be_copied_does_not_keep_the_others(setting: Setting) -> None:
    """The report has the reason for it, and none for the others."""
    setting.publish(0)
    damaged = setting.publish(1, "damaged")
    setting.storage.damage(f"damaged/{damaged}/nodes.safetensors")
    setting.mirror().look()
    report = read_report(setting.root)
    assert (list(report.models), report.models["small"], report.store) == (["damaged", "small"], None, None)
    assert f"damaged/{damaged}/nodes.safetensors" in (report.models["damaged"] or "")
    assert not (setting.root / "damaged").exists()


def test_what_could_not_be_copied_is_named_while_the_storage_is_away(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    """Also by the next process, whose log names it once it has looked for itself."""
    setting.publish(0)
    damaged = setting.publish(1, "damaged")
    setting.storage.damage(f"damaged/{damaged}/nodes.safetensors")
    first = setting.mirror()
    first.look()
    reasons = read_report(setting.root).models
    first._held.close()  # type: ignore[union-attr]
    away(setting.storage)
    mirror = setting.mirror()
    mirror.look()
    assert (read_report(setting.root).models, read_report(setting.root).store is None) == (reasons, False)
    setting.storage.most = None
    caplog.clear()
    mirror.look()
    assert read_report(setting.root).models == reasons
    assert [record.getMessage().startswith("can't copy model damaged") for record in caplog.records] == [True]


def test_a_damaged_version_is_read_again_after_a_pause_alone(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gigabytes are not copied at each look; pauses grow, and end when `CURRENT` names another version."""
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    mirror, version = setting.mirror(), setting.publish(0)
    setting.storage.damage(f"small/{version}/nodes.safetensors")
    looked = []
    for now in (0, 1, 14, 16, 45, 47):  # noqa: B007  # the clock
        setting.storage.reads.clear()
        mirror.look()
        looked.append(len(setting.storage.reads) > 2)
    assert looked == [True, False, False, True, False, True]
    second = setting.publish(1)
    mirror.look()
    assert (setting.current(), read_report(setting.root).models) == (second, {"small": None})


def test_a_pushed_version_mends_the_damaged_one(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same version again, after the pause."""
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.0)
    mirror, version = setting.mirror(), setting.publish(0)
    setting.storage.damage(f"small/{version}/nodes.safetensors")
    mirror.look()
    setting.remote.push(setting.local / "small" / version)
    mirror.look()
    assert setting.versions() == [version]


def test_a_damaged_copy_is_made_anew(setting: Setting) -> None:
    """The next process compares the digests of what it finds."""
    version = setting.publish(0)
    setting.mirror().look()
    (setting.root / "small" / version / "nodes.safetensors").write_bytes(b"")
    setting.mirror().look()
    assert setting.versions() == [version]


@pytest.mark.parametrize("limited", [False, True])
def test_of_a_damaged_copy_the_damaged_file_is_read_alone(setting: Setting, limited: bool) -> None:
    """Beside the manifest, also if there is room for one copy alone, so that the damaged file goes first."""
    version = setting.publish(0)
    size = sum(map(len, files_of(setting.local / "small" / version).values()))
    mirror = setting.mirror(size if limited else None)
    mirror.look()
    mirror.close()
    setting.storage._closed.clear()  # the next process
    file = setting.root / "small" / version / "embeddings.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    setting.storage.reads.clear()
    setting.mirror(size if limited else None).look()
    assert setting.versions() == [version]
    read = {key.rpartition("/")[2] for key in setting.storage.reads if key.startswith(f"small/{version}/")}
    assert read == {"manifest.json", "manifest.sha256", "embeddings.safetensors"}


def test_another_version_in_the_place_of_the_copy_is_reported(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    """One that was published here under the same name and is damaged stays; the report says so, the log without a traceback."""
    version, other = setting.publish(0), published(setting.root, 1)
    place = other.with_name(version)
    other.rename(place)
    (place / "embeddings.safetensors").unlink()
    before = files_of(place)
    mirror = setting.mirror()
    with caplog.at_level(logging.ERROR):
        mirror.look()
        mirror.look()
    assert files_of(place) == before
    why = read_report(setting.root).models["small"] or ""
    assert why.startswith(f"{place}: expected the version of this name in memory://models, found another one")
    assert [record.exc_info for record in caplog.records] == [None]


def test_files_that_an_older_version_has_are_not_read(setting: Setting) -> None:
    """Only those whose content is new are copied; the others are the same files on the disk."""
    first = setting.publish(0)
    mirror = setting.mirror()
    mirror.look()
    setting.storage.reads.clear()
    second = setting.publish(1)
    setting.storage.reads.clear()
    mirror.look()
    read = {key.rpartition("/")[2] for key in setting.storage.reads if key.startswith(f"small/{second}/")}
    old, new = (files_of(setting.root / "small" / version) for version in (first, second))
    assert read == {file for file, content in new.items() if old[file] != content}
    same = (setting.root / "small" / version / "nodes.safetensors" for version in (first, second))
    assert len({path.stat().st_ino for path in same}) == 1


def test_without_a_limit_one_older_version_is_kept(setting: Setting) -> None:
    """To go back to without a copy."""
    mirror = setting.mirror()
    versions = []
    for seed in range(4):
        versions.append(setting.publish(seed))
        mirror.look()
    assert setting.versions() == versions[-2:]


def test_the_oldest_version_goes_when_there_is_no_room(setting: Setting) -> None:
    """Of all models, but for the current ones, however old; what is copied counts from its first byte on, links count once."""
    first, other = setting.publish(0), setting.publish(0, "other")
    versions = [first, *(setting.publish(seed) for seed in range(1, 5))]
    folders = [setting.local / "other" / other, *(setting.local / "small" / version for version in versions)]
    wanted = [folders[0], *folders[-3:]]
    shared = set[bytes]().union(*(files_of(folder).values() for folder in wanted[1:]))
    most = sum(map(len, files_of(wanted[0]).values())) + sum(map(len, shared))
    for limit, kept in ((most, 3), (most - 1, 2)):
        shutil.rmtree(setting.root, ignore_errors=True)
        mirror = setting.mirror(limit)
        for version in versions:
            setting.remote.activate("small", version)
            mirror.look()
        assert (setting.versions(), setting.versions("other")) == (versions[-kept:], [other])
        mirror._held.close()  # type: ignore[union-attr]


@pytest.mark.parametrize("limited", [False, True])
def test_a_candidate_is_copied_and_stays(setting: Setting, limited: bool) -> None:
    """Beside the current version, which nothing but `CURRENT` decides, however many versions pass."""
    candidate, *others = (setting.publish(seed) for seed in range(4))
    wanted = [setting.local / "small" / version for version in (candidate, *others[-2:])]
    shared = set[bytes]().union(*(files_of(folder).values() for folder in wanted))
    mirror = setting.mirror(sum(map(len, shared)) if limited else None, candidate)
    for version in others:
        setting.remote.activate("small", version)
        mirror.look()
        assert setting.current() == version
    assert setting.versions() == [candidate, *others[-2:]]
    setting.storage.reads.clear()
    mirror.look()
    assert setting.storage.reads == ["", "small/CURRENT"]


def test_a_candidate_that_is_damaged_is_logged(
    setting: Setting, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The model is as it should be, and followed; the candidate is copied once it has been pushed again."""
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.0)
    candidate, current = setting.publish(0), setting.publish(1)
    setting.storage.damage(f"small/{candidate}/embeddings.safetensors")
    mirror = setting.mirror(candidate=candidate)
    mirror.look()
    assert (setting.current(), setting.versions()) == (current, [current])
    assert read_report(setting.root).models == {"small": None}
    [message] = [record.getMessage() for record in caplog.records]
    assert message.startswith(f"can't copy the candidate small@{candidate}: ")
    setting.remote.push(setting.local / "small" / candidate, activate=False)
    mirror.look()
    assert (setting.current(), setting.versions()) == (current, [candidate, current])
    assert read_report(setting.root).models == {"small": None}


def test_a_limit_that_is_too_low_is_named(setting: Setting) -> None:
    """The old version stays; the report has the setting and the sizes."""
    first = setting.publish(0)
    size = sum(map(len, files_of(setting.local / "small" / first).values()))
    mirror = setting.mirror(size + 1)
    mirror.look()
    setting.publish(1)
    mirror.look()
    assert setting.versions() == [first]
    assert "LATENTLINK_CACHE_BYTES: expected room for" in (read_report(setting.root).models["small"] or "")


def test_of_two_processes_one_copies(setting: Setting) -> None:
    """The other one reads nothing; it goes on when the first has ended."""
    first, second = setting.mirror(), setting.mirror()
    version = setting.publish(0)
    second.look()
    setting.storage.reads.clear()
    first.look()
    assert (setting.versions(), setting.storage.reads) == ([version], [])
    second._held.close()  # type: ignore[union-attr]
    first.look()
    assert setting.storage.reads == ["", "small/CURRENT"]


def test_a_model_that_another_process_copies_is_not_waited_for(setting: Setting) -> None:
    """A pull by hand into the same directory: the look ends and reports it, and one after the pull follows, without a pause."""
    version, mirror = setting.publish(0), setting.mirror()
    other = setting.publish(0, "other")
    (setting.root / PARTIAL / "small").mkdir(parents=True)
    with ThreadPoolExecutor(1) as pool, exclusive(setting.root / PARTIAL / "small" / LOCK):
        pool.submit(mirror.look).result(10)
        why = read_report(setting.root).models
        assert "another process copies it" in (why["small"] or "")
        assert (why["other"], setting.versions("other"), setting.versions()) == (None, [other], [])
    mirror.look()
    assert (setting.current(), read_report(setting.root).models["small"]) == (version, None)


def test_a_model_that_is_gone_there_goes_here(setting: Setting) -> None:
    """Without `CURRENT` it is no model; others stay."""
    setting.publish(0)
    setting.publish(0, "other")
    mirror = setting.mirror()
    mirror.look()
    setting.storage.remove(["other/CURRENT"])
    mirror.look()
    assert ([path.name for path in setting.root.glob("[a-z]*")], len(setting.versions())) == (["small"], 1)


def test_a_model_that_comes_back_is_copied_again(setting: Setting) -> None:
    """With the version that it had, to which the same content of `CURRENT` leads."""
    mirror, version = setting.mirror(), setting.publish(0)
    setting.publish(0, "other")
    mirror.look()
    setting.storage.remove(["small/CURRENT"])
    mirror.look()
    assert not (setting.root / "small").exists()
    setting.remote.activate("small", version)
    mirror.look()
    assert (setting.current(), setting.versions()) == (version, [version])


def test_a_candidate_takes_no_room_from_what_is_served(setting: Setting) -> None:
    """Of another model, also where its own model comes first."""
    candidate, current, last = setting.publish(0), setting.publish(1), setting.publish(2, "zzz")
    served = [setting.local / "small" / current, setting.local / "zzz" / last]
    mirror = setting.mirror(sum(len(file) for path in served for file in files_of(path).values()), candidate)
    mirror.look()
    assert (setting.versions(), setting.versions("zzz")) == ([current], [last])
    assert read_report(setting.root).models == {"small": None, "zzz": None}


def test_a_storage_without_any_model_removes_none(setting: Setting) -> None:
    """A wrong prefix, or a bucket that was emptied: what was copied is served."""
    version = setting.publish(0)
    mirror = setting.mirror()
    mirror.look()
    setting.storage.remove(["small/CURRENT"])
    mirror.look()
    assert (setting.current(), setting.versions()) == (version, [version])
    assert "expected models, found none" in (read_report(setting.root).store or "")


def test_a_model_that_a_list_leaves_out_stays(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken list is not believed: its `CURRENT` is read."""
    setting.publish(0)
    mirror = setting.mirror()
    mirror.look()
    monkeypatch.setattr(setting.storage, "folders", lambda _="": [])
    second = setting.publish(1)
    mirror.look()
    assert setting.current() == second


def test_names_that_lead_elsewhere_are_no_models(setting: Setting, tmp_path: Path) -> None:
    """Neither a name nor a file of a manifest; a version is the one that its manifest names."""
    path = publish_small(tmp_path / "elsewhere")
    for name in ("Large", ".hidden", "other"):
        for file, content in files_of(path).items():
            setting.storage.write(f"{name}/{path.name}/{file}", content)
        setting.storage.write(f"{name}/CURRENT", path.name.encode())
    setting.publish(0)
    setting.mirror().look()
    report = read_report(setting.root)
    assert list(report.models) == ["other", "small"]
    assert f"expected other@{path.name}, found small@{path.name}" in (report.models["other"] or "")


def test_a_closed_mirror_ends_amid_a_copy(setting: Setting) -> None:
    """No request is begun after it; the next process goes on."""
    version, mirror, answered = setting.publish(0), setting.mirror(), []

    def closing(key: str, content: bytes) -> bytes:
        answered.append(key)
        if key.endswith("manifest.json"):
            mirror.close()
        return content

    setting.storage.fault = closing
    mirror.look()
    assert answered == ["small/CURRENT", f"small/{version}/manifest.json"]
    assert not (setting.root / "small").exists()


def test_a_directory_that_was_removed_is_made_again(setting: Setting) -> None:
    """By the next process, all from the storage."""
    version = setting.publish(0)
    setting.mirror().look()
    shutil.rmtree(setting.root)
    setting.mirror().look()
    assert setting.versions() == [version]
