"""The state of a list in a file."""

from pathlib import Path

import numpy as np
import pytest

from latentlink.app.schemas.links import LinksRequest
from latentlink.app.services.link_lists.finding import finder_of
from latentlink.app.services.link_lists.saving import State, find, key_of
from latentlink.app.services.scorer import Scorer
from latentlink.models.errors import DataError

ASKED = LinksRequest(per_node=2)


def test_a_list_goes_on_from_the_last_state(scorer: Scorer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state every two steps of five; after four of them another process takes the last one, and ends with the same links."""
    monkeypatch.setattr("latentlink.app.services.link_lists.per_node._ROWS", 12)
    state, seconds = State(tmp_path / "state", key_of(scorer, b"one"), every=2), iter(range(100))
    found = find(finder_of(scorer, ASKED), state, resume=True, clock=lambda: float(next(seconds)))
    assert [next(found).share for _ in range(4)] == [0.2, 0.4, 0.6, 0.8]
    again = finder_of(scorer, ASKED)
    assert [*find(again, state, resume=True)] == [(1.0, 12)]
    whole = finder_of(scorer, ASKED)
    assert [share for share, _ in find(whole, state, resume=False)] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert [part.tobytes() for part in again.links()] == [part.tobytes() for part in whole.links()]
    state.forget()
    assert [*tmp_path.iterdir()] == []


def test_the_state_of_another_list_is_refused(scorer: Scorer, tmp_path: Path) -> None:
    """And a damaged one; the message names the file and what to do."""
    path = tmp_path / "state"
    State(path, key_of(scorer, b"one")).keep({"done": np.array(1)})
    with pytest.raises(DataError, match=r"state: expected the state of this list, found that of another one.*delete"):
        State(path, key_of(scorer, b"two")).load()
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match="found what can't be read"):
        State(path, key_of(scorer, b"one")).load()
