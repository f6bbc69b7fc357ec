"""Explanations over HTTP."""

import pytest

from latentlink.models.checkpoint import Checkpoint
from tests.support import Client, assert_problem, unknown_nodes


def _url(model: str, **query: object) -> str:
    return f"/v1/models/{model}/explanation?" + "&".join(f"{name}={value}" for name, value in query.items())


def test_the_sides_are_those_of_the_pair(served: Client) -> None:
    """The score is that of the pair, both sides add up to its logit, and each end is its side's own part."""
    answer = served.get(_url("dense", source="n0", target="n5", limit=4)).json()
    score = served.get("/v1/models/dense/score?source=n0&target=n5").json()
    assert answer.items() >= score.items()
    assert answer["method"] == "contributions"
    for side, end in zip(answer["sides"], ("n0", "n5"), strict=True):
        assert (side["node"], side["self"]["node"], len(side["others"])) == (end, end, 4)
        parts = [side["self"]["contribution"], *(part["contribution"] for part in side["others"]), side["rest"]]
        assert sum(parts) == pytest.approx(score["logit"], abs=1e-4)


def test_features_carry_the_names_of_the_table(served: Client, trained: dict[str, Checkpoint]) -> None:
    """Of an encoded column, with the value that the node has; without a table they are numbered."""
    table = trained["dense"]
    assert table.preprocessing is not None
    own = served.get(_url("dense", source="n0", target="n5")).json()["sides"][0]["self"]
    names = list(table.preprocessing.names)
    values = {feature["feature"]: feature["value"] for feature in own["features"]}
    assert set(values) <= set(names)
    assert all(table.features[0, names.index(name)] == pytest.approx(value) for name, value in values.items())  # type: ignore[index]
    numbered = served.get(_url("rows", source="n0", target="n5")).json()["sides"][0]
    found = {feature["feature"] for part in numbered["others"] for feature in part["features"]}
    assert found <= set(map(str, range(12)))
    assert numbered["self"]["bias"] is not None


def test_common_neighbours_are_listed(served: Client, trained: dict[str, Checkpoint]) -> None:
    """All are counted, and those with the fewest links come first."""
    graph = trained["dense"].graph
    common = set(graph.neighbors(0).tolist()) & set(graph.neighbors(5).tolist())
    assert len(common) > 1
    ranked = sorted(common, key=lambda row: (len(graph.neighbors(row)), row))
    whole = served.get(_url("dense", source="n0", target="n5", limit=100)).json()["common_neighbors"]
    assert whole == {"count": len(common), "nodes": [f"n{row}" for row in ranked]}
    first = served.get(_url("dense", source="n0", target="n5", limit=1)).json()["common_neighbors"]
    assert first["nodes"] == [f"n{ranked[0]}"]


def test_a_gcn_leaves_links_out(served: Client) -> None:
    """Its parts are no sum, so there is no rest; the fidelity is reported instead."""
    answer = served.get(_url("gcn", source="n0", target="n5", limit=3)).json()
    assert answer["method"] == "leave-one-out"
    for side in answer["sides"]:
        assert (side["self"], side["rest"], side["exact"]) == (None, None, True)
        assert isinstance(side["fidelity"], float)


def test_a_model_without_its_features_says_so(served: Client) -> None:
    """409 with the reason, and how to train one that can."""
    problem = assert_problem(served.get(_url("bare", source="n0", target="n5")), 409, "unsupported-by-model")
    assert "--no-store-features" in problem["detail"]


def test_unknown_ends_are_named(served: Client) -> None:
    """As for a score."""
    assert unknown_nodes(served.get(_url("dense", source="n0", target="x"))) == ["x"]
