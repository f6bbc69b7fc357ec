"""A config refuses what can't be meant."""

import pytest
from pydantic import ValidationError

from latentlink.models.config import TrainingConfig
from latentlink.models.recipes import RECIPES


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"model": "gan"}, "model"),
        ({"dim": 0}, "dim"),
        ({"epochs": 0}, "epochs"),
        ({"patience": 0}, "patience"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"weight_decay": -1}, "weight_decay"),
        ({"seed": -1}, "seed"),
        ({"validation": 0}, "validation"),
        ({"test": 0.5}, "test"),
        ({"x": 1}, "x"),
        ({"model": "ae", "encoder": "gcn"}, "for ae"),
        ({"model": "vae", "encoder": "normalized"}, "for vae"),
        ({"model": "gae", "encoder": "mlp"}, "for gae"),
        ({"model": "vgae", "encoder": "mlp"}, "for vgae"),
        ({"encoder": "GATConv"}, "for vgae, or pyg:GATConv for gae"),
        ({"encoder": "normalized", "weight_decay": 1e-3}, "0 for normalized"),
        ({"encoder": "linear", "weight_decay": 1e-3}, "0 for linear"),
        ({"node_rows": "on", "node_embeddings": "off"}, "node_rows"),
        ({"evaluate_unseen": 0.1, "model": "vae"}, "evaluate_unseen"),
        ({"parts": "shared_links,bias"}, "dense or spectral"),
        ({"parts": "dense,eigenvectors"}, "dense, shared_links, spectral, bias"),
        ({"parts": "dense,bias, bias"}, "each once"),
        ({"parts": "dense,auto"}, "auto, or some of"),
        ({"parts": "auto", "model": "ae"}, "dense for --model ae"),
        ({"evaluate_unseen": 0.1, "time_column": "year"}, "evaluate_unseen"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(given: dict[str, object], message: str) -> None:
    """Unknown fields, values out of range, and settings that contradict each other or are given under both names."""
    with pytest.raises(ValidationError, match=message):
        TrainingConfig.model_validate(given)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("bias, dense", "dense,bias"), ("spectral,shared_links", "shared_links,spectral"), (" auto", "auto")],
)
def test_parts_are_named_in_any_order(given: str, kept: str) -> None:
    """With blanks around them, and without the encoder where there are spectral columns; kept in one order."""
    assert TrainingConfig(parts=given).parts == kept


def test_the_paper_is_the_default_of_the_gcn() -> None:
    """Two layers, 32 → 16, Adam at 0.01 for 200 epochs, 85/5/10; with its authors' weight decay of graph convolutions."""
    config = TrainingConfig(encoder="gcn")
    assert (config.hidden, config.dim, config.learning_rate, config.epochs) == (32, 16, 0.01, 200)
    assert (config.validation, config.test, config.weight_decay) == (0.05, 0.10, 5e-4)


@pytest.mark.parametrize(("model", "variational"), [("ae", False), ("vae", True), ("gae", False), ("vgae", True)])
def test_the_model_decides_whether_it_is_variational(model: str, variational: bool) -> None:
    """The V of VGAE."""
    assert TrainingConfig.model_validate({"model": model}).variational is variational


@pytest.mark.parametrize("model", ["ae", "vae"])
def test_models_of_features_have_their_own_encoder(model: str) -> None:
    """It need not be named, and its recipe is taken."""
    config = TrainingConfig.model_validate({"model": model})
    assert (config.encoder, config.dim, config.sees_graph) == ("mlp", 16, False)
    assert TrainingConfig.model_validate({"encoder": "mlp"}).model == "vae"


def test_what_is_given_goes_before_the_recipe() -> None:
    """A recipe fills in what is not said, and nothing else."""
    config = TrainingConfig(encoder="gcn", dim=8)
    assert (config.dim, config.edge_masking, config.node_embeddings) == (8, 0, "off")


def test_a_renamed_field_is_read_under_both_names_and_dumped_under_the_old_one() -> None:
    """Manifests and the states of killed trainings have `node_rows` and `sampled`."""
    old = {"node_rows": "on", "sampled": "off"}
    config = TrainingConfig(node_embeddings="on", neighbor_sampling="off")
    assert config == TrainingConfig.model_validate(old)
    assert {name: config.model_dump()[name] for name in old} == old
    assert not {"node_embeddings", "neighbor_sampling"} & config.model_dump().keys()


@pytest.mark.parametrize("encoder", RECIPES)
def test_a_config_survives_its_own_dump(encoder: str) -> None:
    """What the manifest keeps is enough to train the same again."""
    config = TrainingConfig.model_validate({"encoder": encoder, "dim": 8})
    assert TrainingConfig.model_validate(config.model_dump()) == config
