"""Models whose encoder the service can't run, a torch module or none (given vectors): answers and refusals."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from latentlink.models.checkpoint import Checkpoint, open_checkpoint
from latentlink.models.config import TrainingConfig
from latentlink.models.publishing.export import export
from latentlink.models.publishing.vectors import publish_vectors
from latentlink.models.training.protocol import train
from tests.app.trained import random_graph
from tests.support import Client, assert_problem, serving

PAIR = "source=n0&target=n5"
CONFIG = {"encoder": "pyg:SAGEConv", "dim": 4, "hidden": 8, "epochs": 2, "parts": "dense,shared_links,bias"}


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A module with parts, beside it in the store its vectors, `given`."""
    store, graph = tmp_path_factory.mktemp("foreign"), random_graph("sparse", weighted=True)
    config = TrainingConfig.model_validate(CONFIG)
    checkpoint = open_checkpoint(export(store, "module", graph, config, train(graph, config)))
    publish_vectors("given", graph.ids, checkpoint.dense, graph.edges, store=store)
    return checkpoint


@pytest.fixture(scope="module")
def served(module: Checkpoint) -> Iterator[Client]:
    """A client of a service of both."""
    with serving(module.path.parents[1], poll_seconds=3600) as client:
        yield client


def test_an_explanation_has_the_parts_of_the_logit_and_no_sides(served: Client, module: Checkpoint) -> None:
    """They add up to it; the dense one is the weighted inner product of the module's vectors."""
    answer = served.get(f"/v1/models/module/explanation?{PAIR}").json()
    assert answer["sides"] == []
    assert set(answer["parts"]) == {"dense", "shared_links", "bias"}
    assert sum(answer["parts"].values()) == pytest.approx(answer["logit"], abs=1e-5)
    one, other = module.dense[[0, 5]].astype(np.float64)
    assert module.dense_weights is not None
    assert answer["parts"]["dense"] == pytest.approx((one * module.dense_weights * other).sum(), abs=1e-5)
    common = answer["common_neighbors"]
    assert sum(common["contributions"]) + common["rest"] == pytest.approx(answer["parts"]["shared_links"], abs=1e-5)


def test_neighbors_are_those_of_the_given_vectors(served: Client, module: Checkpoint) -> None:
    """The best by inner product among the nodes without a link to it."""
    answer = served.get("/v1/models/given/neighbors?node=n5&k=3").json()
    logits = module.dense[5].astype(np.float64) @ module.dense.T
    logits[[5, *module.graph.neighbors(5)]] = -np.inf
    assert [one["node"] for one in answer["neighbors"]] == [f"n{row}" for row in np.argsort(-logits)[:3]]


@pytest.mark.parametrize(("model", "encoder"), [("module", "'pyg:SAGEConv', a torch module"), ("given", "'given'")])
def test_new_nodes_are_refused_with_what_to_do(served: Client, model: str, encoder: str) -> None:
    """409: the encoder can't be run."""
    response = served.post(f"/v1/models/{model}/unseen", json={"neighbors": ["n1", "n2"], "k": 3})
    detail = assert_problem(response, 409, "unsupported-by-model")["detail"]
    assert encoder in detail
    assert "publish it again with the new nodes" in detail


def test_inner_products_of_given_vectors_have_no_explanation(served: Client) -> None:
    """There are no parts to tell apart: 409."""
    problem = assert_problem(served.get(f"/v1/models/given/explanation?{PAIR}"), 409, "unsupported-by-model")
    assert "new node" not in problem["detail"]
    assert "with parts other than dense" in problem["detail"]
    assert "found one, of 'given'" in problem["detail"]


def test_the_facts_name_the_encoder(served: Client) -> None:
    """A module as torch prints it; given vectors have neither a calibration nor metrics."""
    module, given = (served.get(f"/v1/models/{name}").json() for name in ("module", "given"))
    assert (module["kind"], module["encoder"]) == ("gae", "pyg:SAGEConv")
    assert "SAGEConv(12, 8, aggr=mean)" in module["training"]["module"]
    assert any("edge_weight" in note for note in module["training"]["notes"])
    assert (given["encoder"], given["calibration"], given["metrics"]) == ("given", None, {})
    assert "learning_rate" not in given["config"]
    assert any("without a split" in note for note in given["training"]["notes"])


def test_given_vectors_have_no_cut_off(served: Client) -> None:
    """Without a calibration."""
    assert_problem(served.get("/v1/models/given/thresholds?target=recall&value=0.5"), 409, "unsupported-by-model")


def test_a_card_shows_the_module_and_the_note(module: Checkpoint) -> None:
    """For people, as the manifest for programs."""
    card = Path(module.path / "MODEL_CARD.md").read_text()
    assert "SAGEConv(12, 8, aggr=mean)" in card
    assert "takes no edge_weight" in card
