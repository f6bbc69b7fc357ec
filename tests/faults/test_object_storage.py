"""An object storage whose every tenth read breaks: cut, refused, slow, or of other bytes."""

import os
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from tests.e2e.replica import follow
from tests.support import Small

pytestmark = pytest.mark.slow

SWAPS = 20


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
