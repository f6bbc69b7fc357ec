"""All nodes in a plane, over HTTP."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latentlink.models.publishing.projection import principal_map
from tests.support import Client, Small, assert_problem, serving

URL = "/v1/models/small/map"


def test_every_node_has_its_place(client: Client, small: Small) -> None:
    """Columns of ids and float32 numbers in order of row, as the checkpoint has them."""
    answer = client.get(URL).json()
    points = np.array([answer["x"], answer["y"]], np.float32).T
    assert tuple(answer["nodes"]) == small.ids
    assert (points == principal_map(small.mu)).all()


@pytest.mark.parametrize(
    ("facts", "method"), [({}, "pca"), ({"map_method": "pca"}, "pca"), ({"map_method": "umap"}, "umap")]
)
def test_the_method_is_named(small: Small, tmp_path: Path, facts: dict[str, str], method: str) -> None:
    """As the manifest has it; an older one, which doesn't, has principal components."""
    small.publish(tmp_path, **facts)
    with serving(tmp_path) as client:
        assert client.get(URL).json()["method"] == method


def test_the_numbers_come_as_bytes(client: Client, small: Small) -> None:
    """Little-endian float32, x and y of each row in turn."""
    response = client.get(URL, headers={"Accept": "application/octet-stream"})
    assert response.headers["content-type"] == "application/octet-stream"
    assert (np.frombuffer(response.content, "<f4").reshape(-1, 2) == principal_map(small.mu)).all()


def test_a_checkpoint_without_a_map_says_so(small: Small, tmp_path: Path) -> None:
    """409 that names the remedy, from a checkpoint made before there were maps; all else is answered."""
    replace(small, mapped=False).publish(tmp_path)
    with serving(tmp_path) as client:
        assert "train again" in assert_problem(client.get(URL), 409, "unsupported-by-model")["detail"]
        assert client.get("/v1/models/small/embedding?node=a").status_code == 200


def test_blocks_make_no_difference(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A map that is sent in many parts is the same answer, in both formats."""
    for media in ("application/json", "application/octet-stream"):
        whole = client.get(URL, headers={"Accept": media}).content
        with monkeypatch.context() as patch:
            patch.setattr("latentlink.app.services.streams._MAP_ROWS", 7)
            assert client.get(URL, headers={"Accept": media}).content == whole
