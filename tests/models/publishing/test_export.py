"""From a training run to files, read back by other means."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from scipy.sparse import csr_matrix

from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.probabilities.interval_coverage import posterior_facts
from latentlink.models.evaluation.strata import components
from latentlink.models.facts.metrics import LinkMetrics
from latentlink.models.graph.columns import Column
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.preprocessing import Preprocessing
from latentlink.models.publishing.export import export
from latentlink.models.publishing.model_card import model_card
from latentlink.models.publishing.projection import principal_map
from latentlink.models.training.protocol import train
from latentlink.models.training.trained import Trained

CONFIG = TrainingConfig(epochs=5, dim=3)


@pytest.fixture(scope="module")
def graph() -> Graph:
    """A ring of 40 nodes with chords and weights."""
    i = np.arange(40)
    pairs = np.concatenate([np.stack([i, (i + step) % 40], axis=1) for step in (1, 3)])
    return Graph.from_pairs([f"node {k}" for k in i], pairs, np.linspace(0.5, 2, len(pairs), dtype=np.float32))


@pytest.fixture(scope="module")
def trained(graph: Graph) -> Trained:
    """Five epochs on it."""
    return train(graph, CONFIG)


@pytest.fixture
def path(tmp_path: Path, graph: Graph, trained: Trained) -> Path:
    """Where it was published."""
    return export(tmp_path, "ring", graph, CONFIG, trained)


def test_embeddings_are_those_that_were_trained(path: Path, trained: Trained) -> None:
    """The file holds mu and logvar to the bit."""
    tensors = load_file(path / "embeddings.safetensors")
    assert (tensors["mu"] == trained.embeddings.mu).all()
    assert trained.embeddings.logvar is not None
    assert (tensors["logvar"] == trained.embeddings.logvar).all()


def test_the_map_is_that_of_the_embeddings(path: Path, trained: Trained) -> None:
    """`map` holds the principal components of mu, and the manifest names the method."""
    checkpoint = open_checkpoint(path)
    assert checkpoint.map is not None
    assert (checkpoint.map == principal_map(trained.embeddings.mu)).all()
    assert checkpoint.manifest.map_method == "pca"


@pytest.mark.parametrize("rows", ["on", "off"])
def test_stored_lengths_are_those_of_rows(tmp_path: Path, rows: str) -> None:
    """Each block of x W + e times its stretch has the length s / √V; none are stored without the features."""
    random = np.random.default_rng(0)
    x = random.normal(size=(40, 3)).astype(np.float32)
    graph = Graph.from_pairs([f"n{i}" for i in range(40)], random.integers(0, 40, (90, 2)), features=x)
    config = TrainingConfig.model_validate({"epochs": 5, "dim": 6, "node_rows": rows})
    trained = train(graph, config)
    checkpoint = open_checkpoint(export(tmp_path, "some", graph, config, trained))
    weights = checkpoint.weights
    hidden = x @ weights["normalized.features.weight"] + weights.get("normalized.rows.weight", 0)
    scale = weights["normalized.scale"]
    blocks = hidden.reshape(40, len(scale), -1)
    expected = scale / np.sqrt(len(scale)) / np.linalg.norm(blocks, axis=2)
    assert checkpoint.row_scales == pytest.approx(expected, rel=1e-5)
    assert open_checkpoint(export(tmp_path, "bare", graph, config, trained, store_features=False)).row_scales is None


def test_components_are_of_the_served_links(path: Path) -> None:
    """What a reader finds are those of the graph that stands beside them."""
    graph = open_checkpoint(path).graph
    assert graph.components is not None
    known = CSR(graph.indptr, graph.indices, np.ones(len(graph.indices), np.float32), (len(graph.indptr) - 1,) * 2)
    assert graph.components.tolist() == components(known).tolist()


def test_the_known_graph_is_the_one_that_was_seen(path: Path, graph: Graph) -> None:
    """Every edge is known in both directions with its weight, and nothing else is."""
    known = open_checkpoint(path).graph
    found = {(i, int(j)) for i in range(40) for j in known.neighbors(i)}
    assert found == {(i, j) for i, j in graph.edges.tolist()} | {(j, i) for i, j in graph.edges.tolist()}
    assert graph.weights is not None
    assert known.weights is not None
    assert known.weights.sum() == pytest.approx(2 * graph.weights.sum())


def test_weights_of_the_encoder_carry_public_names(path: Path) -> None:
    """The parameters are readable without this project."""
    shapes = {name: w.shape for name, w in load_file(path / "weights.safetensors").items()}
    assert shapes == {
        "normalized.rows.weight": (40, 3),
        "normalized.scale": (1,),
        "normalized.isolated_scale": (1,),
        "normalized.logvar.weight": (3, 3),
        "normalized.logvar.bias": (3,),
    }


def test_the_manifest_tells_the_run(path: Path, graph: Graph, trained: Trained) -> None:
    """Config, counts, metrics and provenance can be read by any JSON reader."""
    manifest = json.loads((path / "manifest.json").read_text())
    assert manifest["config"] == CONFIG.model_dump()
    assert manifest["counts"] == {"nodes": 40, "edges": 80, "features": 0, "dim": 3}
    assert manifest["metrics"] == trained.metrics.document()
    assert manifest["data_fingerprint"] == graph.fingerprint()
    assert len(manifest["training"]["curve"]["loss"]) == 5
    assert manifest["training"]["split"] == {"train": 68, "validation": 4, "test": 8}


def test_held_out_edges_are_kept_without_a_refit(tmp_path: Path, graph: Graph) -> None:
    """`--no-refit` writes validation and test edges, so that top-k can leave them out."""
    config = CONFIG.model_copy(update={"refit": False})
    heldout = open_checkpoint(export(tmp_path, "ring", graph, config, train(graph, config))).graph.heldout
    assert heldout is not None
    assert heldout.shape == (4 + 8, 2)


def test_features_and_their_preprocessing_are_kept(tmp_path: Path, graph: Graph) -> None:
    """What the encoder took can be read, and a new node is encoded in the same way."""
    table: dict[str, Column] = {"n": np.arange(40.0), "k": ["a", "b"] * 20}
    preprocessing = Preprocessing.fit(table)
    x = preprocessing.transform(table)
    whole = replace(graph, features=x, preprocessing=preprocessing)
    checkpoint = open_checkpoint(export(tmp_path, "ring", whole, CONFIG, train(whole, CONFIG)))
    assert isinstance(checkpoint.features, np.ndarray)
    assert checkpoint.features.tobytes() == np.asarray(x).tobytes()
    assert checkpoint.preprocessing == preprocessing
    assert checkpoint.manifest.counts.features == 3


def test_sparse_features_are_kept_sparse(tmp_path: Path, graph: Graph) -> None:
    """The three arrays of SciPy's CSR, with columns of 32 bits; a matrix has no preprocessing."""
    matrix = csr_matrix((np.random.default_rng(0).random((40, 9)) < 0.1).astype(np.float32))
    x = CSR(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data, matrix.shape)
    whole = replace(graph, features=x)
    path = export(tmp_path, "ring", whole, CONFIG, train(whole, CONFIG))
    tensors = load_file(path / "features.safetensors")
    assert [tensors[name].dtype for name in ("indptr", "indices", "data")] == [np.int64, np.int32, np.float32]
    read = csr_matrix((tensors["data"], tensors["indices"], tensors["indptr"]), shape=(40, 9))
    assert (read != matrix).nnz == 0
    checkpoint = open_checkpoint(path)
    assert isinstance(checkpoint.features, CSR)
    assert checkpoint.features.shape == (40, 9)
    assert checkpoint.preprocessing is None


def test_features_can_be_left_out(tmp_path: Path, graph: Graph, trained: Trained) -> None:
    """They may be large, or not for others to see; their number is kept."""
    whole = replace(graph, features=np.eye(40, dtype=np.float32), preprocessing=None)
    path = export(tmp_path, "ring", whole, CONFIG, trained, store_features=False)
    assert not (path / "features.safetensors").exists()
    assert open_checkpoint(path).features is None
    assert open_checkpoint(path).manifest.counts.features == 40


def test_a_gae_has_no_logvar(tmp_path: Path, graph: Graph) -> None:
    """A model that isn't variational stores no variance and no posterior."""
    config = CONFIG.model_copy(update={"model": "gae"})
    checkpoint = open_checkpoint(export(tmp_path, "ring", graph, config, train(graph, config)))
    assert (checkpoint.logvar, checkpoint.manifest.training.posterior) == (None, None)
    assert "posterior" not in (checkpoint.path / "MODEL_CARD.md").read_text("utf-8")


def test_the_served_posterior_is_told(path: Path) -> None:
    """The manifest's and the card's numbers are those of the served tensors."""
    tensors = load_file(path / "embeddings.safetensors")
    facts = posterior_facts(tensors["mu"], tensors["logvar"])
    assert facts is not None
    assert open_checkpoint(path).manifest.training.posterior == facts
    card = (path / "MODEL_CARD.md").read_text("utf-8")
    assert f"a median σ of {facts.median_sigma:.4f} and lies {facts.kl_per_node:.4f} nats a node" in card


def test_the_card_shows_the_numbers(graph: Graph, trained: Trained) -> None:
    """Test metrics, the audit and every setting are in the card."""
    card = model_card("ring", graph, CONFIG, trained)
    assert f"| **this model** | {trained.metrics.test.auc:.4f} | {trained.metrics.test.ap:.4f} |" in card
    assert f"| adamic adar | {trained.metrics.baselines['adamic_adar'].auc:.4f} |" in card
    assert "| train in test | 0 |" in card
    support = trained.metrics.support["same_component"]
    assert f"| same component | {support.positives} | {support.negatives} | {support.auc:.4f} |" in card
    assert trained.metrics.intervals is not None
    assert f"holds {trained.metrics.intervals.coverage:.1%} of 10,000 samples" in card
    assert all(f"| {field} | {value} |" in card for field, value in CONFIG.model_dump().items())


def test_the_card_shows_the_sizes_of_a_split_by_time(graph: Graph) -> None:
    """Edges of one time stay together: of 80 edges 50, 10 and 20, not the requested 68, 4 and 8."""
    timed = replace(graph, times=np.repeat([1.0, 2, 3], [50, 10, 20]))
    config = CONFIG.model_copy(update={"time_column": "at"})
    card = model_card("ring", timed, config, train(timed, config))
    assert "50 for training, 10 for selecting the\nepoch and 20 for the report" in card


def test_the_card_s_pictures_are_files_of_the_checkpoint(path: Path) -> None:
    """Every picture that the card shows is listed in the manifest, with its digest, and lies beside it."""
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (path / "MODEL_CARD.md").read_text("utf-8"))
    assert shown == ["curve.svg", "scores.svg"]
    digests = [open_checkpoint(path).manifest.files[name].sha256 for name in shown]
    assert digests == [hashlib.sha256((path / name).read_bytes()).hexdigest() for name in shown]


@pytest.mark.parametrize("edges", [99, 100])
def test_a_reliability_curve_needs_a_hundred_test_edges(tmp_path: Path, edges: int) -> None:
    """Below that the card says how many there are, and there is no picture."""
    pairs = np.random.default_rng(0).permutation(np.stack(np.triu_indices(60, 1), axis=1))[: 10 * edges]
    graph = Graph.from_pairs([str(i) for i in range(60)], pairs)
    config = CONFIG.model_copy(update={"epochs": 1, "refit": False})
    path = export(tmp_path, "some", graph, config, train(graph, config))
    card = (path / "MODEL_CARD.md").read_text("utf-8")
    drawn = edges >= 100
    assert ("(reliability.svg)" in card, (path / "reliability.svg").exists()) == (drawn, drawn)
    assert (f"The test has {edges} edges" in card) != drawn


def test_the_card_says_how_columns_were_read(graph: Graph, trained: Trained) -> None:
    """One row each: the kind and the number of features, or why it is ignored; a name can't break the table."""
    table: dict[str, Column] = {
        "age": np.arange(40.0),
        "one|two": np.arange(40) % 2,
        "city": ["Rome", "Oslo"] * 20,
        "likes": ["tea|ink", "rum"] * 20,
        "who": [f"text {i}" for i in range(40)],
        "planet": ["Earth"] * 40,
    }
    card = model_card("ring", replace(graph, preprocessing=Preprocessing.fit(table)), CONFIG, trained)
    rows = [
        "| age | number, standardised | 1 |",
        "| one\\|two | 0 or 1 | 1 |",
        "| city | category | 2 |",
        "| likes | list | 3 |",
        "| who | ignored: distinct | 0 |",
        "| planet | ignored: constant | 0 |",
    ]
    assert [row for row in rows if row not in card] == []
    assert "Columns of the node table" not in model_card("ring", graph, CONFIG, trained)


def test_both_priors_are_named_in_the_card(graph: Graph, trained: Trained) -> None:
    """12 of the 712 pairs that are no training edges are held out; 8 of the 708 that are no validation edges are tested."""
    card = model_card("ring", graph, CONFIG, trained)
    assert "the prior 1.69 % (0.0169)" in card
    assert "neither training nor validation links, 1.13 % (0.0113)" in card


def test_the_best_pairs_are_shown_in_the_card(graph: Graph, trained: Trained) -> None:
    """Expected and found test links of the first 100 and 500."""
    rows = [
        line
        for line in model_card("ring", graph, CONFIG, trained).splitlines()
        if line.startswith(("| 100 |", "| 500 |"))
    ]
    top = trained.probabilities.calibration.top
    assert rows == [f"| {facts.pairs} | {facts.expected:.1f} | {facts.found} |" for facts in top]


@pytest.mark.parametrize(("ap", "full_mrr"), [(0.99, 0.0), (0.0, 0.99), (0.99, 0.99), (0.0, 0.0)])
def test_a_stronger_heuristic_is_told_in_the_first_lines(
    graph: Graph, trained: Trained, ap: float, full_mrr: float
) -> None:
    """On every metric, with both values; a weaker one is no news; the reason stands below."""
    better = LinkMetrics(ap=ap, full_mrr=full_mrr)
    baselines = {name: better if name == "adamic_adar" else LinkMetrics() for name in trained.metrics.baselines}
    metrics = trained.metrics.model_copy(update={"baselines": baselines})
    card = model_card("ring", graph, CONFIG, replace(trained, metrics=metrics))
    top = card.partition("\n# ring\n")[2].partition("A VGAE with")[0]
    own, values = metrics.test.by_name(), {"AP": ("ap", ap), "full MRR": ("full_mrr", full_mrr)}
    assert [line for line in top.splitlines() if line.startswith("- ")] == [
        f"- {title}: {own[metric]:.4f} of the model, behind adamic adar (0.9900)."
        for title, (metric, value) in values.items()
        if value > 0.5
    ]
    assert (
        ("\n**On this graph heuristics beat the model" in top)
        == ("Links of this graph close" in top)
        == (ap + full_mrr > 0)
    )


def test_the_card_says_what_was_ranked_and_what_was_left_out(graph: Graph, trained: Trained) -> None:
    """The number of ranks, and each heuristic that would have taken too long."""
    metrics = trained.metrics.model_copy(update={"ranked_queries": 1234, "left_out": {"spectral": "too many nodes"}})
    card = model_card("ring", graph, CONFIG, replace(trained, metrics=metrics))
    assert "is not linked to: 1,234 ranks. Not computed: spectral (too many nodes)." in card.replace("\n", " ")


def test_notes_are_in_the_manifest_and_below_the_numbers_of_the_card(
    tmp_path: Path, graph: Graph, trained: Trained
) -> None:
    """Each is a paragraph of the evaluation."""
    path = export(tmp_path, "ring", replace(graph, notes=("A note.", "Another.")), CONFIG, trained)
    assert open_checkpoint(path).manifest.training.notes == ["A note.", "Another."]
    _, evaluation = (path / "MODEL_CARD.md").read_text("utf-8").split("## Evaluation")
    assert "(curve.svg)\n\nA note.\n\nAnother.\n\nTest, the model" in evaluation
