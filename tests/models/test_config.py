"""A config refuses what can't be meant."""

import pytest
from pydantic import ValidationError

from latentlink.models.config import RECIPES, TrainingConfig


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", "gan"),
        ("dim", 0),
        ("epochs", 0),
        ("patience", 0),
        ("learning_rate", 0),
        ("weight_decay", -1),
        ("seed", -1),
        ("validation", 0),
        ("test", 0.5),
        ("x", 1),
    ],
)
def test_values_out_of_range_are_refused(field: str, value: object) -> None:
    """Each field has its range, and no other field is taken."""
    with pytest.raises(ValidationError, match=field):
        TrainingConfig.model_validate({field: value})


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


@pytest.mark.parametrize(("model", "encoder"), [("ae", "gcn"), ("vae", "normalized"), ("gae", "mlp"), ("vgae", "mlp")])
def test_a_contradiction_is_refused(model: str, encoder: str) -> None:
    """An encoder that sees the graph for a model that doesn't, and the other way round."""
    with pytest.raises(ValidationError, match=rf"for {model}"):
        TrainingConfig.model_validate({"model": model, "encoder": encoder})


@pytest.mark.parametrize("encoder", ["normalized", "linear"])
def test_rows_and_lengths_do_not_decay(encoder: str) -> None:
    """Encoders that have them take no weight decay but 0."""
    with pytest.raises(ValidationError, match=f"0 for {encoder}"):
        TrainingConfig.model_validate({"encoder": encoder, "weight_decay": 1e-3})
    assert TrainingConfig.model_validate({"encoder": encoder, "weight_decay": 0}).weight_decay == 0


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


def test_both_names_of_a_field_at_once_are_refused() -> None:
    """Neither of two contradicting values is dropped in silence."""
    with pytest.raises(ValidationError, match="node_rows"):
        TrainingConfig.model_validate({"node_rows": "on", "node_embeddings": "off"})


@pytest.mark.parametrize("encoder", RECIPES)
def test_a_config_survives_its_own_dump(encoder: str) -> None:
    """What the manifest keeps is enough to train the same again."""
    config = TrainingConfig.model_validate({"encoder": encoder, "dim": 7})
    assert TrainingConfig.model_validate(config.model_dump()) == config
