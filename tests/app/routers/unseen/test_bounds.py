"""The work of requests about new nodes, by the field that makes for it."""

from collections.abc import Mapping
from typing import Any

import pytest

from latentlink.app.routers.unseen.bounds import work_of
from latentlink.app.routers.unseen.inputs import Inputs
from latentlink.app.schemas.unseen import UnseenRequest
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint import Checkpoint

HUB, LEAF = "n0", "n30"  # with many links, and with few


@pytest.fixture(scope="module", params=["dense", "gcn"])
def model(request: pytest.FixtureRequest, trained: dict[str, Checkpoint]) -> Scorer:
    """Of an encoder that sums, and of one that convolves."""
    return Scorer(trained[request.param])


def work(model: Scorer, **body: Any) -> Mapping[str, int]:
    """Of a request."""
    asked = UnseenRequest.model_validate(body)
    inputs = Inputs.of(model, asked)
    query, found = inputs.options.search, work_of(model, asked, inputs)
    if query is None:
        return found
    return {**found, "k": found["k"] + inputs.options.partners.work_of_vectors(inputs.kinds, query)}


def several(*neighbors: list[str], links: list[tuple[str, str]] | None = None) -> dict[str, Any]:
    """New nodes a, b, … with these neighbours."""
    return {
        "strangers": [{"id": "abc"[at], "neighbors": ids} for at, ids in enumerate(neighbors)],
        "links": links or [],
    }


def test_a_hub_takes_more_work_than_a_leaf(model: Scorer) -> None:
    """As its links are read."""
    assert work(model, neighbors=[HUB])["neighbors"] > work(model, neighbors=[LEAF])["neighbors"] > 0


def test_linked_new_nodes_read_the_neighbours_of_each_other(model: Scorer) -> None:
    """Those of one group all of its, and no others: a link between two leaves the third as it was."""
    apart = work(model, **several([HUB], [LEAF], [LEAF]))["strangers"]
    linked = work(model, **several([HUB], [LEAF], [LEAF], links=[("a", "b")]))["strangers"]
    leaves = work(model, **several([HUB], [LEAF], [LEAF], links=[("b", "c")]))["strangers"]
    assert apart < leaves < linked


def test_each_field_has_its_work(model: Scorer) -> None:
    """What is not asked for costs nothing; twice as many targets, or new nodes, cost twice as much."""
    one = work(model, neighbors=[LEAF], targets=["n1"], k=5, include=["support"], exclude=["n2"], candidates=["n3"])
    assert min(one.values()) > 0
    none = work(model, neighbors=[LEAF])
    assert [field for field, operations in none.items() if operations] == ["neighbors"]
    two = work(model, **several([LEAF], [LEAF]), targets=["n1", "n4"], k=5)
    assert two["targets"] == 4 * one["targets"]
    assert two["k"] < 2 * one["k"] + two["strangers"]


def test_explanations_are_estimated(model: Scorer) -> None:
    """For each target, and more for one with many links."""
    include = {"neighbors": [LEAF], "include": ["explanation"]}
    leaf, hub = (work(model, **include, targets=[target])["include"] for target in (LEAF, HUB))
    assert 0 < leaf < hub < work(model, **include, targets=[LEAF, HUB])["include"] == leaf + hub
