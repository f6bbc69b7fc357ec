"""Lists of missing links of small checkpoints of every kind, beside brute force."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from latentlink.app.errors import InvalidRequestError, UnsupportedByModelError
from latentlink.app.schemas.links import LinksRequest
from latentlink.app.services.link_lists.finding import finder_of
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.inference.calibration import Knots, probabilities
from tests.app.services.link_lists.oracle import Link, all_links
from tests.parts import publish_parts
from tests.support import RELIABILITY, Small

KNOTS = {"logit": [-3.0, 0.0, 4.0], "log_odds": [-2.0, -1.0, 3.0]}
MAKERS: dict[str, Callable[[], Small]] = {
    "plain": lambda: Small.random(48).with_columns(),
    "parts": lambda: Small.random(48),
    "directed": lambda: Small.directed(48),
    "typed": lambda: Small.typed(70),
    "typed and directed": lambda: Small.typed(48, directed=True),
    "relational": lambda: Small.relational(48),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scorer]:
    """One of each kind."""
    store = tmp_path_factory.mktemp("models")
    made = dict[str, Scorer]()
    for kind, make in MAKERS.items():
        name = kind.replace(" ", "-")
        calibration = {"calibration": {**RELIABILITY, "knots": KNOTS, "prior": 0.1}}
        checkpoint = open_checkpoint(store / name / make().publish(store, name, **calibration))
        made[kind] = Scorer(publish_parts(store, checkpoint, "with-parts") if kind == "parts" else checkpoint)
    return made


def found(model: Scorer, asked: LinksRequest) -> list[Link]:
    """What the search finds."""
    finder = finder_of(model, asked)
    for _ in finder.steps():
        pass
    sources, targets, logits, relations = finder.links()
    return [Link(*link) for link in zip(*(x.tolist() for x in (sources, targets, relations, logits)), strict=True)]


ASKED: list[tuple[str, dict[str, Any]]] = [
    ("plain", {"limit": 100}),
    ("plain", {"limit": 5000}),
    ("plain", {"limit": 5000, "min_probability": 0.9}),
    ("plain", {"limit": 100, "known": True}),
    ("plain", {"limit": 100, "sources": ["a", "b", "n35"], "targets": ["a", "n35", "n36", "c"]}),
    ("parts", {"limit": 100}),
    ("parts", {"limit": 5000, "min_probability": 0.7, "known": True}),
    ("directed", {"limit": 100}),
    ("directed", {"limit": 100, "sources": ["a", "b"]}),
    ("typed", {"limit": 100}),
    ("typed", {"limit": 100, "source_type": "item", "target_type": "user"}),
    ("typed", {"limit": 100, "source_type": "user", "sources": ["a"], "target_type": "user"}),
    ("typed", {"limit": 100, "source_type": "tag"}),
    ("typed and directed", {"limit": 200}),
    ("relational", {"limit": 200}),
    ("relational", {"limit": 50, "relation": "knows", "known": True}),
]


@pytest.mark.parametrize(("kind", "fields"), ASKED)
def test_the_list_is_that_of_all_pairs(models: dict[str, Scorer], kind: str, fields: dict[str, Any]) -> None:
    """In order and to the bit, of every kind of graph, with types, relations, ids, thresholds and known links."""
    asked = LinksRequest(**fields)
    expected = all_links(models[kind], asked)[: asked.limit]
    assert found(models[kind], asked) == expected
    assert expected or fields.get("source_type") == "tag"


def test_targets_meet_the_filter(models: dict[str, Scorer]) -> None:
    """At least one end of a link without direction."""
    asked = LinksRequest.model_validate({"limit": 100, "filter": {"age": {"gte": 40}, "city": ["Rome", "Oslo"]}})
    cells = MAKERS["plain"]().cells()
    meets = [(cell["age"] or 0) >= 40 and cell["city"] in ("Rome", "Oslo") for cell in cells]
    assert found(models["plain"], asked) == all_links(models["plain"], asked, meets)[:100]
    assert 0 < sum(meets) < len(cells) / 2


@pytest.mark.parametrize("kind", ["plain", "relational"])
def test_calibrated_probabilities_reach_what_is_asked(models: dict[str, Scorer], kind: str) -> None:
    """The links of all with at least that probability, by the curve, and no other."""
    every = all_links(models[kind], LinksRequest(limit=1))
    values = probabilities(Knots(**KNOTS), np.array([link.logit for link in every]), 0.1)
    least = float(values[20])
    assert found(models[kind], LinksRequest(limit=5000, min_calibrated=least)) == [
        link for link, value in zip(every, values.tolist(), strict=True) if value >= least
    ]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("plain", {}),
        ("parts", {"min_probability": 0.6}),
        ("plain", {"sources": ["b", "a"], "targets": ["n36", "n37", "a"]}),
        ("directed", {"known": True}),
        ("typed", {"target_type": "item"}),
        ("relational", {"relation": "likes"}),
    ],
)
def test_the_best_of_each_node_are_those_of_all_pairs(
    models: dict[str, Scorer], kind: str, fields: dict[str, Any]
) -> None:
    """By source, then in order, to the bit; without a direction both ends list a link."""
    asked, model, expected = LinksRequest(per_node=3, **fields), models[kind], list[Link]()
    for row, node in enumerate(model.nodes.ids(range(len(model.nodes)))):
        if node in (asked.sources or [node]):
            kind_of = None if model.types is None else model.types.name(row)
            own = asked.model_copy(update={"sources": [node], "source_type": kind_of})
            expected += all_links(model, own)[:3]
    assert found(model, asked) == expected


@pytest.mark.parametrize("fields", [{"limit": 200}, {"per_node": 3}])
def test_another_finder_goes_on(models: dict[str, Scorer], fields: dict[str, Any], monkeypatch: Any) -> None:
    """From the state after each of the first steps, with the same list at the end."""
    monkeypatch.setattr("latentlink.app.services.link_lists.per_node._ROWS", 7)
    model, asked = models["plain" if "per_node" in fields else "relational"], LinksRequest(**fields)
    steps = finder_of(model, asked)
    for _, _ in zip(range(3), steps.steps(), strict=False):
        again = finder_of(model, asked)
        again.restore(steps.state())
        for _ in again.steps():
            pass
        asked_again = [part.tobytes() for part in again.links()]
    for _ in steps.steps():
        pass
    assert asked_again == [part.tobytes() for part in steps.links()]


def test_what_a_model_has_not_is_refused(models: dict[str, Scorer], scorer: Scorer) -> None:
    """Types, relations and calibration of a model without; and both numbers, or none of them."""
    plain = models["plain"]
    for asked in (LinksRequest(limit=1, source_type="user"), LinksRequest(limit=1, relation="likes")):
        with pytest.raises(UnsupportedByModelError, match="leave it out"):
            finder_of(plain, asked)
    with pytest.raises(UnsupportedByModelError, match="min_calibrated: expected a model with a calibration"):
        finder_of(scorer, LinksRequest(limit=1, min_calibrated=0.5))
    for asked in (LinksRequest(), LinksRequest(limit=1, per_node=1)):
        with pytest.raises(InvalidRequestError, match="either limit"):
            finder_of(plain, asked)
