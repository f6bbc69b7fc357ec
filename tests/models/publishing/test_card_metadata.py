"""The metadata of a model card, read by the Hugging Face Hub's own parser, offline."""

from pathlib import Path

import pytest
from huggingface_hub import ModelCard, metadata_load
from huggingface_hub.repocard_data import ModelCardData

from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.checkpoint.moving import rename
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.graph import Graph
from latentlink.models.publishing.export import export
from latentlink.models.training.protocol import train
from tests.models.training.helpers import AE, communities


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model called `1.0`, which YAML would read as a number."""
    graph, config = _graph(), TrainingConfig(dim=3, epochs=1, parts="dense", refit=False)
    return export(tmp_path_factory.mktemp("store"), "1.0", graph, config, train(graph, config))


def _graph() -> Graph:
    return communities(features=False)


def _data(version: Path) -> ModelCardData:
    data: ModelCardData = ModelCard.load(version / "MODEL_CARD.md").data
    return data


def test_the_hub_reads_the_metrics_of_the_test(path: Path) -> None:
    """Every measured one with its value, of the graph whose fingerprint the manifest has."""
    data, manifest = _data(path), open_checkpoint(path).manifest
    measured = {name: value for name, value in manifest.metrics.test.by_name().items() if value is not None}
    found = {one.metric_type.replace("_at_", "@"): one.metric_value for one in data.eval_results or ()}
    assert found == pytest.approx(measured, rel=1e-5)
    assert {"auc", "ap", "full_mrr"} <= found.keys()
    assert {(one.task_type, one.dataset_split) for one in data.eval_results or ()} == {("link-prediction", "test")}
    assert {one.dataset_revision for one in data.eval_results or ()} == {manifest.data_fingerprint}


def test_the_hub_reads_the_library_the_tags_and_the_name(path: Path) -> None:
    """The name is text, and the rest of the card begins with its heading."""
    data = _data(path)
    assert (data.library_name, data.pipeline_tag, data.model_name) == ("latentlink", "graph-ml", "1.0")
    assert data.tags == ["link-prediction", "graph", "vgae", "normalized"]
    assert ModelCard.load(path / "MODEL_CARD.md").text.startswith("# 1.0\n")


def test_a_model_of_features_claims_no_metrics_of_links(tmp_path: Path) -> None:
    """Its scores of links are those of a model that has learned features."""
    graph, config = communities(), AE.model_copy(update={"epochs": 1, "refit": False})
    metadata = metadata_load(export(tmp_path, "rows", graph, config, train(graph, config)) / "MODEL_CARD.md")
    assert metadata is not None
    assert (metadata["tags"][2], "model-index" in metadata) == ("ae", False)


def test_a_renamed_model_has_its_new_name_in_the_metadata(tmp_path: Path) -> None:
    """As in the heading."""
    graph, config = _graph(), TrainingConfig(dim=3, epochs=1, parts="dense", refit=False)
    version = export(tmp_path, "old", graph, config, train(graph, config)).name
    card = ModelCard.load(rename(tmp_path, "old", "new") / version / "MODEL_CARD.md")
    assert (card.data.model_name, card.text.startswith("# new\n")) == ("new", True)
