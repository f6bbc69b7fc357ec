"""Answers that are computed in threads."""

from pathlib import Path

import pytest

from latentlink.app import computing
from tests.support import assert_problem, serving


@pytest.mark.parametrize("path", ["embeddings", "map"])
def test_a_stream_without_a_place_is_refused(checkpoints: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 before the answer begins, and not half a 200, where every place for heavy work is taken."""
    monkeypatch.setattr(computing, "LIGHT", 0)
    with serving(checkpoints) as client:
        assert client.get(f"/v1/models/small/{path}").status_code == 200
        monkeypatch.setattr(client.app.state.service.computing, "_most_heavy", 0)  # type: ignore[attr-defined]
        assert_problem(client.get(f"/v1/models/small/{path}"), 503, "overloaded")
