"""The most likely missing links that a checkpoint carries."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nanoarrow as na
import pytest

from latentlink.models.checkpoint import publish
from latentlink.models.checkpoint.best_links import BEST_LINKS
from tests.app.arrow import ARROW
from tests.support import Client, Small, assert_problem, serving, wrong_fields


def test_the_list_of_the_checkpoint_is_answered(client: Client, small: Small) -> None:
    """In its order, each with what `score` says of it, and with the degrees that are included."""
    answer = client.get("/v1/models/small/links", params={"include": "degrees"}).json()
    best = small.best_links()
    assert [(link["source"], link["target"]) for link in answer["links"]] == [
        (small.ids[source], small.ids[target]) for source, target in zip(best.sources, best.targets, strict=True)
    ]
    for link in answer["links"]:
        score = client.get("/v1/models/small/score", params={end: link[end] for end in ("source", "target")}).json()
        assert {**score, **link} == {**link, **score}
        node = client.get("/v1/models/small/node", params={"node": link["source"]}).json()
        assert link["source_degree"] == node["degree"]
    [first] = client.get("/v1/models/small/links", params={"limit": 1}).json()["links"]
    assert first == {name: value for name, value in answer["links"][0].items() if "degree" not in name}


def test_typed_and_relational_links_say_what_they_are(tmp_path: Path) -> None:
    """The types of both ends; the relation, whose logit it is."""
    Small.typed().publish(tmp_path, "typed")
    Small.relational().publish(tmp_path, "relational")
    with serving(tmp_path) as client:
        [typed, _] = client.get("/v1/models/typed/links").json()["links"]
        [related, _] = client.get("/v1/models/relational/links").json()["links"]
        ends = {end: related[end] for end in ("source", "target", "relation")}
        score = client.get("/v1/models/relational/score", params=ends).json()
    assert {typed["source_type"], typed["target_type"]} <= {"user", "item", "tag"}
    assert (related["relation"], related["logit"]) == ("ä b", score["logit"])


def test_a_checkpoint_without_a_list_says_what_to_do(tmp_path: Path, client: Client) -> None:
    """As older ones are; a limit beyond the list's is refused."""
    small = Small.random()
    files = {name: content for name, content in small._files().items() if name != BEST_LINKS}
    publish(tmp_path, "old", small.facts(), files)
    with serving(tmp_path) as old:
        problem = assert_problem(old.get("/v1/models/old/links"), 409, "unsupported-by-model")
    assert "run `latentlink predict old --top 100 --out links.csv`" in problem["detail"]
    beyond = client.get("/v1/models/small/links", params={"limit": 5000})
    assert wrong_fields(beyond) == ["limit"]
    assert "links:search, search_links or latentlink predict list more" in beyond.json()["detail"]


@pytest.mark.parametrize(
    ("media", "read"),
    [
        ("text/csv", lambda content: list(csv.DictReader(io.StringIO(content.decode())))),
        ("application/x-ndjson", lambda content: list(map(json.loads, content.splitlines()))),
        (ARROW, lambda content: na.ArrayStream.from_readable(content).read_all().to_pylist()),
    ],
)
def test_the_list_comes_in_the_format_of_accept(client: Client, media: str, read: Callable[[bytes], Any]) -> None:
    """The same links as in JSON."""
    url, params = "/v1/models/small/links", {"include": "degrees"}
    answer = client.get(url, params=params, headers={"Accept": media})
    assert answer.headers["content-type"].partition(";")[0] == media
    expected = client.get(url, params=params).json()["links"]
    found = read(answer.content)
    if media == "text/csv":
        expected = [{name: str(value) for name, value in link.items()} for link in expected]
    assert found == expected
