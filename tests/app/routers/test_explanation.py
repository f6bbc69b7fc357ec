"""Explanations over HTTP."""

from collections.abc import Iterator

import pytest

from latentlink.models.checkpoint import Checkpoint
from tests.app.trained import publish_trained
from tests.support import Client, assert_problem, serving


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A model of nodes with named features."""
    return publish_trained(tmp_path_factory.mktemp("store"), "dense", "table")


@pytest.fixture(scope="module")
def served(table: Checkpoint) -> Iterator[Client]:
    """A client of a service of it, of the same without features, and of a model of numbered features."""
    store = table.path.parents[1]
    publish_trained(store, "dense", "bare", store_features=False)
    publish_trained(store, "gcn", "numbered")
    publish_trained(store, "sparse, with rows", "rows")
    with serving(store, poll_seconds=3600) as client:
        yield client


def _url(model: str, **query: object) -> str:
    return f"/v1/models/{model}/explanation?" + "&".join(f"{name}={value}" for name, value in query.items())


def test_the_sides_are_those_of_the_pair(served: Client) -> None:
    """The score is that of the pair, both sides add up to its logit, and each end is its side's own part."""
    answer = served.get(_url("table", source="n0", target="n5", limit=4)).json()
    score = served.get("/v1/models/table/score?source=n0&target=n5").json()
    assert answer.items() >= score.items()
    assert answer["method"] == "contributions"
    for side, end in zip(answer["sides"], ("n0", "n5"), strict=True):
        assert (side["node"], side["self"]["node"], len(side["others"])) == (end, end, 4)
        parts = [side["self"]["contribution"], *(part["contribution"] for part in side["others"]), side["rest"]]
        assert sum(parts) == pytest.approx(score["logit"], abs=1e-4)


def test_features_carry_the_names_of_the_table(served: Client, table: Checkpoint) -> None:
    """Of an encoded column, with the value that the node has; without a table they are numbered."""
    assert table.preprocessing is not None
    own = served.get(_url("table", source="n0", target="n5")).json()["sides"][0]["self"]
    names = list(table.preprocessing.names)
    values = {feature["feature"]: feature["value"] for feature in own["features"]}
    assert set(values) <= set(names)
    assert all(table.features[0, names.index(name)] == pytest.approx(value) for name, value in values.items())  # type: ignore[index]
    numbered = served.get(_url("rows", source="n0", target="n5")).json()["sides"][0]
    assert {feature["feature"] for part in numbered["others"] for feature in part["features"]} <= set(
        map(str, range(12))
    )
    assert numbered["self"]["bias"] is not None


def test_common_neighbours_are_listed(served: Client, table: Checkpoint) -> None:
    """All are counted, and those with the fewest links come first."""
    graph = table.graph
    common = set(graph.neighbors(0).tolist()) & set(graph.neighbors(5).tolist())
    assert len(common) > 1
    ranked = sorted(common, key=lambda row: (len(graph.neighbors(row)), row))
    whole = served.get(_url("table", source="n0", target="n5", limit=100)).json()["common_neighbors"]
    assert whole == {"count": len(common), "nodes": [f"n{row}" for row in ranked]}
    assert served.get(_url("table", source="n0", target="n5", limit=1)).json()["common_neighbors"]["nodes"] == [
        f"n{ranked[0]}"
    ]


def test_a_gcn_leaves_links_out(served: Client) -> None:
    """Its parts are no sum, so there is no rest; the fidelity is reported instead."""
    answer = served.get(_url("numbered", source="n0", target="n5", limit=3)).json()
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
    problem = assert_problem(served.get(_url("table", source="n0", target="x")), 404, "unknown-node")
    assert [unknown["node"] for unknown in problem["unknown"]] == ["x"]
