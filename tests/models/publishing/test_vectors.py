"""Vectors that were made elsewhere, published."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard
from sklearn.metrics import average_precision_score, roc_auc_score

from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.checkpoint.named_split import Split as NamedSplit
from latentlink.models.errors import DataError
from latentlink.models.evaluation.splits import Split, split_edges
from latentlink.models.graph.graph import Graph
from latentlink.models.publishing.vectors import publish_vectors
from latentlink.models.training.given_split import GivenSplit
from latentlink.models.training.replay import config_of

N = 40
IDS = [f"n{row}" for row in range(N)]
Z = np.random.default_rng(0).normal(size=(N, 3))


def _graph() -> Graph:
    return Graph.from_pairs(IDS, np.random.default_rng(1).integers(0, N, (120, 2)))


GRAPH = _graph()


@pytest.fixture(scope="module")
def split() -> Split:
    """Of the graph's edges."""
    return split_edges(GRAPH, 0.1, 0.2, np.random.default_rng(0))


def test_without_a_split_all_links_are_known_and_nothing_is_measured(tmp_path: Path) -> None:
    """The vectors are served to the bit; there are no metrics, no calibration, no cut-offs and no parts."""
    checkpoint = open_checkpoint(publish_vectors("some", IDS, Z, GRAPH.edges[:, ::-1], store=tmp_path))
    assert (checkpoint.mu == Z.astype(np.float32)).all()
    assert checkpoint.manifest.counts.edges == GRAPH.n_edges
    facts = checkpoint.manifest
    assert (facts.metrics.document(), facts.calibration, facts.thresholds, facts.parts) == ({}, None, None, None)
    card = ModelCard.load(checkpoint.path / "MODEL_CARD.md")
    assert ("not evaluated" in card.text, card.data.library_name, card.data.eval_results) == (True, "latentlink", None)


def test_with_a_split_the_test_is_that_of_the_inner_products(tmp_path: Path, split: Split) -> None:
    """AUC and AP are scikit-learn's; the held-out edges are no known links."""
    path = publish_vectors("some", IDS, Z, GRAPH.edges, split=split, parts="dense", store=tmp_path)
    checkpoint = open_checkpoint(path)
    pairs = np.concatenate([split.test, split.test_negatives])
    scores, linked = (Z[pairs[:, 0]] * Z[pairs[:, 1]]).sum(axis=1), np.arange(len(pairs)) < len(split.test)
    test = checkpoint.manifest.metrics.test
    assert test.auc == pytest.approx(roc_auc_score(linked, scores))
    assert test.ap == pytest.approx(average_precision_score(linked, scores))
    assert checkpoint.manifest.counts.edges == len(split.train)
    assert checkpoint.manifest.calibration is not None
    assert not checkpoint.graph.has_edges(*split.test.T).any()


def test_parts_are_fitted_beside_given_vectors(tmp_path: Path, split: Split) -> None:
    """A logit is their scaled inner product, shared links and a bias."""
    parts = "dense,shared_links,bias"
    path = publish_vectors("some", IDS, Z, GRAPH.edges, split=split, parts=parts, store=tmp_path)
    checkpoint = open_checkpoint(path)
    assert checkpoint.manifest.parts is not None
    assert (checkpoint.manifest.parts.dense, checkpoint.manifest.parts.bias) == (3, 2)
    assert (checkpoint.dense == Z.astype(np.float32)).all()


def test_a_model_names_the_split(tmp_path: Path, split: Split) -> None:
    """Vectors are evaluated on the pairs of another model in the store, as `--split` of a training."""
    publish_vectors("one", IDS, Z, GRAPH.edges, split=split, parts="dense", store=tmp_path)
    path = publish_vectors("two", IDS, Z, GRAPH.edges, split="one", parts="dense", store=tmp_path)
    one, two = (open_checkpoint(max((tmp_path / name).glob("2*"))) for name in ("one", "two"))
    assert two.path == path
    assert one.manifest.metrics == two.manifest.metrics


@pytest.mark.parametrize("kind", ["split_", "path"])
def test_a_split_of_python_is_that_of_its_model(tmp_path: Path, split: Split, kind: str) -> None:
    """`split_` of a model and the path of its file are the split that its name means, for nodes in the same order."""
    one = open_checkpoint(publish_vectors("one", IDS, Z, GRAPH.edges, split=split, parts="dense", store=tmp_path))
    given: GivenSplit = NamedSplit(one) if kind == "split_" else one.path / "split.safetensors"
    two = publish_vectors("two", IDS, Z, GRAPH.edges, split=given, parts="dense", store=tmp_path)
    assert open_checkpoint(two).manifest.metrics == one.manifest.metrics


def test_a_checkpoint_of_given_vectors_trains_nothing(tmp_path: Path) -> None:
    """`latentlink evaluate` ends with a message, not with a training of something else."""
    checkpoint = open_checkpoint(publish_vectors("some", IDS, Z, GRAPH.edges, store=tmp_path))
    with pytest.raises(DataError, match="found 'given'"):
        config_of(checkpoint)


def test_a_checkpoint_never_names_code_to_run(tmp_path: Path) -> None:
    """A class in a file is refused, though the file may be there."""
    checkpoint = open_checkpoint(publish_vectors("some", IDS, Z, GRAPH.edges, store=tmp_path))
    manifest = checkpoint.manifest.model_copy(update={"encoder": "gat.py:GAT"})
    with pytest.raises(DataError, match="can name none to run"):
        config_of(replace(checkpoint, manifest=manifest))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"z": Z[1:]}, "a row for each node"),
        ({"z": Z[:, 0]}, "expected numbers"),
        ({"z": np.where(Z > 2, np.nan, Z)}, "finite"),
        ({"z": [["a"] * 3] * N}, "expected numbers"),
        ({"edges": GRAPH.edges + 1}, "rows of 40 ids"),
        ({"edges": GRAPH.edges.astype(float)}, "whole numbers"),
        ({"ids": ["n1", *IDS[1:]]}, "distinct"),
        ({"ids": range(N)}, "ids: expected texts .* found 0"),
        ({"ids": ["", *IDS[1:]]}, "ids: expected texts .* found ''"),
        ({"ids": ["\ud800", *IDS[1:]]}, "ids: expected texts that UTF-8 has"),
        ({"z": torch.ones(N, 2, requires_grad=True)}, "vectors: expected numbers"),
        ({"weights": np.ones(3)}, "weights: expected .* finite numbers > 0, one for each edge"),
        ({"weights": np.full(GRAPH.n_edges, np.nan)}, "weights: expected .* finite numbers > 0"),
        ({"weights": ["heavy"] * GRAPH.n_edges}, "weights: expected .* finite numbers > 0"),
        ({"parts": "some"}, "^parts: expected auto"),
        ({"seed": -1}, "^seed: expected"),
        ({"split": 3}, "split: expected split_ of a model, .* found int"),
        ({"split": "nobody"}, "^split: model: expected the name of a model"),
    ],
)
def test_wrong_arguments_end_with_one_line(tmp_path: Path, changed: Mapping[str, object], message: str) -> None:
    """Before anything is written."""
    given = {"ids": IDS, "z": Z, "edges": GRAPH.edges, **changed}
    with pytest.raises(DataError, match=message):
        publish_vectors("some", store=tmp_path, **given)  # type: ignore[arg-type] # wrong on purpose
    assert not list(tmp_path.glob("some/2*"))
