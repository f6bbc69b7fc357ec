"""Room for copies: what goes when there is none."""

from pathlib import Path

import pytest

from latentlink.models.checkpoint.remote.copies import Copies
from latentlink.models.errors import CheckpointError
from tests.models.checkpoint.helpers import publish_small


def test_a_version_that_is_about_to_be_current_keeps_its_place(tmp_path: Path) -> None:
    """Another copy makes room of old versions alone, though nothing names the new one yet."""
    old, kept, new = (publish_small(tmp_path, "a") for _ in range(3))
    size = sum(file.stat().st_size for file in old.iterdir())
    copies = Copies(tmp_path, most=3 * size)
    copies.activate("a", kept.name)
    with copies.room("a", new.name), copies.room("b", "20260102T030405000000Z") as make_room:
        make_room(size)
        assert (old.exists(), kept.exists(), new.exists()) == (False, True, True)
        with pytest.raises(CheckpointError, match="LATENTLINK_CACHE_BYTES"):
            make_room(3 * size)
    assert new.exists()
