"""Room for copies: what goes when there is none."""

import os
from collections import Counter
from pathlib import Path

import pytest

from latentlink.models.checkpoint.remote.copies import Copies
from latentlink.models.checkpoint.remote.pull import PARTIAL
from latentlink.models.errors import CheckpointError
from tests.models.checkpoint.helpers import publish_small


def test_a_version_that_is_about_to_be_current_keeps_its_place(tmp_path: Path) -> None:
    """Another copy makes room of old versions alone, though nothing names the new one yet."""
    old, kept, new = (publish_small(tmp_path, "a") for _ in range(3))
    size = sum(file.stat().st_size for file in old.iterdir())
    copies = Copies(tmp_path, most=3 * size, kept={})
    copies.activate("a", kept.name)
    with copies.room("a", new.name), copies.room("b", "20260102T030405000000Z") as make_room:
        make_room(size)
        assert (old.exists(), kept.exists(), new.exists()) == (False, True, True)
        with pytest.raises(CheckpointError, match="LATENTLINK_CACHE_BYTES"):
            make_room(3 * size)
    assert new.exists()


@pytest.mark.parametrize("removed", [0, 3])
def test_room_is_made_with_one_look_at_each_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removed: int) -> None:
    """However many versions there are and go: of five, the oldest ones that the bytes need, as one kept file shows."""
    paths = [publish_small(tmp_path, "a") for _ in range(5)]
    size = sum(file.stat().st_size for file in paths[0].iterdir())
    copies, looked, stat = Copies(tmp_path, most=6 * size, kept={}), Counter[str](), Path.stat

    def counted(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        looked[f"{path.parent.name}/{path.name}"] += 1
        return stat(path, follow_symlinks=follow_symlinks)

    with copies.room("b", "20260102T030405000000Z") as make_room, monkeypatch.context() as patch:
        patch.setattr(Path, "stat", counted)
        make_room((removed + 1) * size)
    assert [path.exists() for path in paths] == [False] * removed + [True] * (5 - removed)
    assert {looked[f"{path.name}/nodes.safetensors"] for path in paths} == {1}


def test_a_version_that_shares_its_files_frees_its_own_alone(tmp_path: Path) -> None:
    """Links count once, until their last version goes: to free a file that two old versions share, both go."""
    paths = [publish_small(tmp_path, "a") for _ in range(3)]
    shared = [path / "nodes.safetensors" for path in paths[:2]]
    shared[1].unlink()
    shared[1].hardlink_to(shared[0])
    files = {file.stat().st_ino: file.stat().st_size for path in paths for file in path.iterdir()}
    own = sum(file.stat().st_size for file in paths[0].iterdir()) - shared[0].stat().st_size
    copies = Copies(tmp_path, most=sum(files.values()), kept={})
    with copies.room("b", "20260102T030405000000Z") as make_room:
        make_room(own)
        assert [path.exists() for path in paths] == [False, True, True]
    with copies.room("b", "20260102T030405000000Z") as make_room:
        make_room(own + 1)
    assert [path.exists() for path in paths] == [False, False, True]


def test_a_version_that_is_mended_holds_its_room(tmp_path: Path) -> None:
    """What is copied for it counts beside the damaged version, until it has the place of that one."""
    damaged, staging = publish_small(tmp_path, "a"), tmp_path / PARTIAL / "a"
    size = sum(file.stat().st_size for file in damaged.iterdir())
    copies = Copies(tmp_path, most=3 * size, kept={})
    (staging / damaged.name).mkdir(parents=True)
    with copies.room("a", damaged.name) as mend, copies.room("b", "20260102T030405000000Z") as make_room:
        mend(size)
        assert damaged.exists()
        with pytest.raises(CheckpointError, match="LATENTLINK_CACHE_BYTES"):
            make_room(size + 1)
        (staging / damaged.name).rmdir()
        make_room(2 * size)
