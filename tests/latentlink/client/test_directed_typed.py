"""The client and models of directed links, of typed nodes, and of links with relations."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from latentlink import AmbiguousNodeError, APIError, Client, NewNode, UnknownNodeError
from tests.e2e.roles import Roles
from tests.e2e.service import running_service
from tests.support import Small

SHARED = "n3"  # a user and an item


MODELS = {
    "directed": Small.directed(),
    "typed": Small.typed(),
    "both": Small.typed(directed=True),
    "relational": Small.relational(),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of a directed model, a typed one, one that is both, and one with relations."""
    store = tmp_path_factory.mktemp("client")
    for name, small in MODELS.items():
        small.publish(store, name)
    return store


@pytest.fixture(scope="module")
def url(store: Path) -> Iterator[str]:
    """A service of it."""
    with running_service(store) as service:
        yield service.url


def _version(store: Path, name: str) -> Path:
    return store / name / (store / name / "CURRENT").read_text().strip()


def _roles(store: Path, name: str) -> Roles:
    return Roles(_version(store, name))


def test_neighbors_are_searched_in_a_direction(url: str, store: Path) -> None:
    """Of one node and of many; a node has links to it, too."""
    roles = _roles(store, "directed")
    row = roles.ids.index("a")
    with Client(url, model="directed") as client:
        for direction in ("out", "in"):
            expected = [roles.ids[at] for at, _ in roles.best(row, direction, known=False, kind=None, k=5)]
            assert [found.node for found in client.neighbors("a", k=5, direction=direction)] == expected
            assert [found.node for found in client.neighbors_of(["a"], k=5, direction=direction)["a"]] == expected
        node = client.node("a", 100)
        assert node.in_degree == sum(target == row for _, target in roles.links)
        assert node.in_neighbors == [roles.ids[at] for at in sorted(a for a, b in roles.links if b == row)]
        assert client.info()["directed"]


def test_an_id_has_a_type(url: str, store: Path) -> None:
    """In every method that takes ids; answers have types."""
    roles = _roles(store, "typed")
    user, item = (next(r for r in range(60) if (roles.ids[r], roles.type(r)) == (SHARED, k)) for k in ("user", "item"))
    with Client(url, model="typed") as client:
        score = client.score(SHARED, SHARED, source_type="user", target_type="item")
        assert score.logit == pytest.approx(roles.logit(user, item))
        many = client.scores([(SHARED, SHARED)], source_type="user", target_type="item")
        assert many.logit.tolist() == [score.logit]
        explained = client.explanation(SHARED, SHARED, source_type="user", target_type="item")
        assert (explained.logit, [side.type for side in explained.sides]) == (score.logit, ["user", "item"])
        found = client.neighbors(SHARED, type="user", target_type="item", k=60)
        assert {neighbor.type for neighbor in found} == {"item"}
        assert client.node(SHARED, type="item").type == "item"
        table = client.embeddings([SHARED, "?"], on_unknown="null", type="item")
        assert (table.types, table.embeddings[0].tolist()) == (["item", None], roles.mu[item].tolist())
        assert client.map().types == [roles.type(row) for row in range(60)]
        listed = client.nodes(SHARED, limit=2)
        assert list(zip(listed.nodes, listed.types or (), strict=True)) == [(SHARED, "user"), (SHARED, "item")]
        given: NewNode = {"type": "user", "neighbors": [SHARED, SHARED], "neighbor_types": ["user", "item"]}
        new_node = client.unseen({**given, "targets": [SHARED]}, k=60, known=True, target_type="user")
        assert [(found.node, found.type) for found in new_node.neighbors or () if found.known] == [(SHARED, "user")]
        with pytest.raises(AmbiguousNodeError, match="of types 'user', 'item'; pass its type as type") as refused:
            client.node(SHARED)
        assert refused.value.types == {SHARED: ["user", "item"]}
        other = next(r for r in range(60) if roles.type(r) == "item" and roles.ids[r] != SHARED)
        with pytest.raises(UnknownNodeError, match=f"found '{roles.ids[other]}' of type 'item'") as unknown:
            client.node(roles.ids[other], type="user")
        assert unknown.value.types == {roles.ids[other]: ["item"]}


def test_vectors_of_typed_models_may_have_all_other_columns(url: str, store: Path) -> None:
    """A model of both has sources and targets, each with its type, here without a sparse part."""
    roles = _roles(store, "both")
    with Client(url, model="both") as client:
        for role, vectors in {"source": roles.sources, "target": roles.target}.items():
            table = client.embeddings(role=role, parts="all")
            assert table.embeddings.tolist() == vectors.tolist()
            assert table.types == [roles.type(row) for row in range(60)]
            assert table.shared_links == [{}] * 60


def test_a_link_has_a_relation(url: str, store: Path) -> None:
    """In every method that is about links; a node lists those of all relations."""
    likes, knows, _ = relations = MODELS["relational"].relations
    roles = Roles(_version(store, "relational"), knows)
    a, b = map(roles.ids.index, "ab")
    with Client(url, model="relational") as client:
        assert client.info().get("relations") == list(relations)
        score = client.score("a", "b", relation=knows)
        assert score.logit == pytest.approx(roles.logit(a, b))
        many = client.scores([("a", "b"), ("a", "b")], relations=[likes, knows])
        assert many.logit.tolist() == [client.score("a", "b", relation=likes).logit, score.logit]
        assert client.scores([("a", "b")], relation=knows).logit.tolist() == [score.logit]
        expected = [roles.ids[at] for at, _ in roles.best(a, "in", known=False, kind=None, k=5)]
        found = client.neighbors("a", k=5, direction="in", relation=knows)
        assert [neighbor.node for neighbor in found] == expected
        sources = client.embeddings(["a"], role="source", relation=knows).embeddings
        assert sources @ client.embeddings(["b"]).embeddings.T == pytest.approx(score.logit, rel=1e-5)
        whole, part = client.node("a", 100), client.node("a", 100, relation=knows)
        named = zip(whole.neighbors, whole.neighbor_relations or (), strict=True)
        assert [node for node, relation in named if relation == knows] == part.neighbors != []
        assert "relation" not in client.thresholds("recall", 0.5)
        with pytest.raises(APIError, match="found 'knows' with fewer; without it they are of all"):
            client.thresholds("recall", 0.5, relation=knows)
        with pytest.raises(APIError, match="one of the relations 'likes', 'knows'"):
            client.neighbors("a")
