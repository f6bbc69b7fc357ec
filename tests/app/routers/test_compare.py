"""What another version would change, over HTTP."""

from pathlib import Path

import orjson

from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.comparison.compare import compare
from tests.support import Small, assert_problem, serving, wrong_fields


def test_the_answer_is_that_of_the_two_checkpoints(small: Small, tmp_path: Path) -> None:
    """The model of the path is before, the version of the query after; a client that has the answer gets 304."""
    old, new = small.publish(tmp_path), small.renewed().publish(tmp_path)
    checkpoints = [open_checkpoint(tmp_path / "small" / version) for version in (new, old)]
    with serving(tmp_path) as client:
        answer = client.get("/v1/models/small/compare", params={"with": old})
        again = client.get(
            "/v1/models/small/compare", params={"with": old}, headers={"If-None-Match": answer.headers["etag"]}
        )
    assert answer.json() == orjson.loads(orjson.dumps(compare(*checkpoints).document()))
    assert answer.headers["x-model"] == f"small@{new}"
    assert again.status_code == 304


def test_a_version_that_is_not_there_is_404_with_those_that_are(small: Small, tmp_path: Path) -> None:
    """Whatever is written for a version; without one the field is missing."""
    version = small.publish(tmp_path)
    with serving(tmp_path) as client:
        for wrong in ("20990101T000000000000Z", "no", "", "a@b", "é"):
            answer = client.get("/v1/models/small/compare", params={"with": wrong})
            assert version in assert_problem(answer, 404, "unknown-model")["detail"]
        assert wrong_fields(client.get("/v1/models/small/compare")) == ["with"]


def test_versions_of_two_kinds_are_409(small: Small, tmp_path: Path) -> None:
    """Lists of directed links are no lists of links without direction."""
    old = small.publish(tmp_path)
    Small.directed().publish(tmp_path)
    with serving(tmp_path) as client:
        answer = client.get("/v1/models/small/compare", params={"with": old})
    assert "directed links" in assert_problem(answer, 409, "unsupported-by-model")["detail"]


def test_the_work_is_counted(small: Small, tmp_path: Path) -> None:
    """A comparison over the limit is refused before it begins, and names the field."""
    old = small.publish(tmp_path)
    small.renewed().publish(tmp_path)
    with serving(tmp_path) as client:
        client.app.state.service.settings.__dict__["max_work"] = 1  # type: ignore[attr-defined]
        assert wrong_fields(client.get("/v1/models/small/compare", params={"with": old})) == ["with"]
