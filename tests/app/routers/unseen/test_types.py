"""New nodes of a model whose types have node tables of their own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlink.models.checkpoint import Checkpoint, open_checkpoint
from latentlink.models.config import TrainingConfig
from latentlink.models.publishing.export import export
from latentlink.models.sources import load_graph
from latentlink.models.training.protocol import train
from tests.app.routers.unseen.asking import ask, post
from tests.app.trained import N, extended
from tests.support import Client, assert_problem, serving

USERS = 24
AGES = np.arange(USERS) % 7 + 20.0
PRICES = np.arange(N - USERS) % 5 * 1.5
MODELS = {"both": ("user", "item"), "items": ("item",)}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Users with an age, items with a price and a kind, also where the users have no table: trained on N nodes."""
    folder = tmp_path_factory.mktemp("tables")
    random = np.random.default_rng(3)
    links = {(u % USERS, u % (N - USERS)) for u in range(48)} | {
        (int(u), int(i)) for u, i in random.integers(0, (USERS, N - USERS), (40, 2))
    }
    (folder / "links.csv").write_text("source,target\n" + "".join(f"{u},{i}\n" for u, i in sorted(links)))
    (folder / "user.csv").write_text("id,age\n" + "".join(f"{u},{age}\n" for u, age in enumerate(AGES)))
    items = (f"{i},{price},{'tea' if i % 3 else 'cup'}\n" for i, price in enumerate(PRICES))
    (folder / "item.csv").write_text("id,price,kind\n" + "".join(items))
    options = {"model": "gae", "encoder": "linear", "dim": 4, "hops": 2, "epochs": 3, "evaluate_every": 1}
    for name, kinds in MODELS.items():
        graph = load_graph(
            edges=folder / "links.csv",
            source_type="user",
            target_type="item",
            features={kind: folder / f"{kind}.csv" for kind in kinds},
            filter_columns="price",
        )
        config = TrainingConfig.model_validate(options)
        export(folder / "store", name, graph, config, train(graph, config))
    return folder / "store"


@pytest.fixture(scope="module")
def served(store: Path) -> Iterator[Client]:
    """A client of a service of both."""
    with serving(store, poll_seconds=3600) as client:
        yield client


@pytest.fixture
def checkpoint(store: Path) -> Checkpoint:
    """That with two tables."""
    return open_checkpoint(store / "both" / (store / "both" / "CURRENT").read_text().strip())


@pytest.mark.parametrize(
    ("kind", "features"), [("user", {"age": 50}), ("item", {"price": 4, "kind": "tea"}), ("item", [0.5, 0, 1])]
)
def test_a_new_node_has_the_columns_of_its_type(
    served: Client, checkpoint: Checkpoint, kind: str, features: Any
) -> None:
    """Its vector is that of the extended graph, with 0 in the columns of the other type."""
    user = [(50 - AGES.mean()) / AGES.std(), 0, 0, 0]
    item = [0, (4 - PRICES.mean()) / PRICES.std(), 0, 1]
    x = user if kind == "user" else item if isinstance(features, dict) else [0, *features]
    first = USERS if kind == "user" else 0  # row of the first node of the other type
    answer = ask(served, "both", type=kind, features=features, neighbors=["1", "3"])
    [expected] = extended(checkpoint, np.array([x]), [(N, first + 1, 1), (N, first + 3, 1)])
    assert answer["approximate"] is False
    np.testing.assert_allclose(answer["embedding"], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("model", "kind", "features", "expected"),
    [
        ("both", "user", {"age": 50, "price": 4}, "one of age"),
        ("both", "item", {"age": 50, "price": 4, "kind": "tea"}, "one of price, kind"),
        ("both", "item", {"price": 4}, "a cell"),
        ("both", "user", [1, 2, 3, 4], "1 numbers"),
        ("items", "user", {"age": 50}, "none, since nodes of type 'user' had no features in the training"),
    ],
)
def test_columns_of_another_type_are_refused(
    served: Client, model: str, kind: str, features: Any, expected: str
) -> None:
    """With those of its own."""
    problem = assert_problem(post(served, model, type=kind, features=features), 422, "invalid-request")
    assert [error["expected"] for error in problem["errors"]] == [expected]


@pytest.mark.parametrize("model", MODELS)
def test_explanations_add_up(served: Client, model: str) -> None:
    """With the features of each node, of its type alone."""
    ends = {"source": "1", "target": "2", "source_type": "user", "target_type": "item", "limit": "40"}
    answer = served.get(f"/v1/models/{model}/explanation", params=ends).json()
    for side in answer["sides"]:
        parts = [side["self"], *side["others"]]
        total = side["rest"] + sum(part["contribution"] for part in parts)
        assert total == pytest.approx(answer["logit"], abs=1e-5)
        for part in parts:
            own = {"age"} if part["type"] == "user" else {"price", "kind=cup", "kind=tea"}
            assert {feature["feature"] for feature in part["features"]} <= own


def test_a_model_lists_the_types_of_columns(served: Client) -> None:
    """Which have values in them."""
    [price] = served.get("/v1/models/both").json()["columns"]
    assert (price["name"], price["types"], price["missing"]) == ("price", ["item"], USERS)


def test_the_card_lists_the_columns_of_each_table(checkpoint: Checkpoint) -> None:
    """With the type that has them; the file of one table has no word of types."""
    card = (checkpoint.path / "MODEL_CARD.md").read_text("utf-8")
    rows = ["| user | age | number, standardised | 1 |", "| item | price | number, standardised | 1 |"]
    assert "\n".join([*rows, "| item | kind | category | 2 |"]) in card
    assert checkpoint.preprocessing is not None
    assert '"types"' not in checkpoint.preprocessing.of_type("item")[0].model_dump_json()
