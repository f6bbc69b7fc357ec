"""A training with parts, from the split to the checkpoint."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latentlink.app.cli.report import summary
from latentlink.models.checkpoint import Checkpoint, open_checkpoint
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.metrics import auc_ap
from latentlink.models.publishing.export import export
from latentlink.models.publishing.model_card import model_card
from latentlink.models.training.parts.composition import Composition
from latentlink.models.training.protocol import train
from latentlink.models.training.trained import Trained
from tests.models.training.parts.conftest import Scene

CONFIG = TrainingConfig(epochs=20, dim=8, validation=0.1, parts="dense,spectral")
ENCODERLESS = TrainingConfig(epochs=2, evaluate_every=1, dim=8, validation=0.1, parts="spectral,shared_links,bias")


@pytest.fixture(scope="module")
def trained(scene: Scene) -> Trained:
    """Twenty epochs on a graph whose links go across."""
    return train(scene.graph, CONFIG)


@pytest.fixture(scope="module")
def published(scene: Scene, trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """Its checkpoint."""
    return open_checkpoint(export(tmp_path_factory.mktemp("store"), "across", scene.graph, CONFIG, trained))


def test_the_test_measures_what_is_evaluated(scene: Scene) -> None:
    """AUC and AP by the embeddings of the run without a refit, far above the encoder's alone."""
    config = CONFIG.model_copy(update={"refit": False})
    found = train(scene.graph, config)
    pairs = found.split.test, found.split.test_negatives
    expected = auc_ap(*(found.embeddings.decoder.pairs(*part.T) for part in pairs))
    assert (found.metrics.test.auc, found.metrics.test.ap) == (expected["auc"], expected["ap"])
    alone = train(scene.graph, config.model_copy(update={"parts": "dense"})).metrics.test.auc
    assert alone is not None
    assert expected["auc"] > alone + 0.1


def test_what_each_part_adds_is_measured(trained: Trained) -> None:
    """Without the spectral columns the test AUC is lower; every part in the logit has a row."""
    parts, without = trained.embeddings.parts, trained.metrics.without
    assert parts is not None
    assert parts.spectral
    assert (without["spectral"].auc or 1) < (trained.metrics.test.auc or 0) - 0.1
    assert set(without) <= {"dense", "spectral", "bias", "shared_links"}


@pytest.fixture(scope="module")
def encoderless(scene: Scene) -> Trained:
    """A set that `auto` may choose, given."""
    return train(scene.graph, ENCODERLESS)


def test_a_model_may_have_spectral_columns_without_the_encoder(trained: Trained, encoderless: Trained) -> None:
    """Where links go across, its test AUC is that of the whole model within 0.05."""
    parts = encoderless.embeddings.parts
    assert parts is not None
    assert (parts.dense, parts.shared_links, encoderless.posterior) == (0, False, None)
    assert encoderless.metrics.test.auc == pytest.approx(trained.metrics.test.auc, abs=0.05)


def test_the_checkpoint_decodes_as_it_was_trained(trained: Trained, published: Checkpoint) -> None:
    """All pairs, to the bit, with the embeddings of the refit, which know every edge; older readers refuse the format."""
    pairs = np.stack(np.triu_indices(160, 1))
    assert (published.decoder.pairs(*pairs) == trained.embeddings.decoder.pairs(*pairs)).all()
    assert published.manifest.format_version == 2
    assert published.manifest.counts.edges == sum(trained.split.sizes.model_dump().values())
    assert published.manifest.parts == trained.embeddings.parts


def test_the_card_says_what_a_logit_is_the_sum_of(published: Checkpoint) -> None:
    """The columns of each part, and a row without each; the formula of the encoder alone does not stand there."""
    card = (published.path / "MODEL_CARD.md").read_text("utf-8")
    assert "eigenvectors of the known graph" in card
    assert "| without spectral |" in card
    assert "zᵢᵀzⱼ" not in card
    assert ("The encoder is left out" in card) == (published.manifest.dense == 0)


@pytest.mark.parametrize(("parts", "chosen"), [("auto", True), ("dense,spectral", False)])
def test_the_card_says_who_chose_the_parts(scene: Scene, trained: Trained, parts: str, chosen: bool) -> None:
    """Validation, or the option."""
    card = model_card("across", scene.graph, CONFIG.model_copy(update={"parts": parts}), trained)
    assert ("Validation chose" in card, "`--parts`" in card) == (chosen, not chosen)


@pytest.mark.parametrize(("parts", "named"), [("auto", True), ("dense", False)])
def test_the_card_says_why_there_was_no_choice(scene: Scene, trained: Trained, parts: str, named: bool) -> None:
    """Too few validation links, by their number, where validation should have chosen."""
    alone = replace(trained, embeddings=replace(trained.embeddings, parts=None, logvar=None))
    card = model_card("across", scene.graph, CONFIG.model_copy(update={"parts": parts}), alone)
    assert (f"too few to choose other parts by ({trained.split.sizes.validation})" in card) == named


def test_the_card_says_that_the_encoder_was_left_out(scene: Scene, trained: Trained) -> None:
    """Where validation did so, its epochs describe nothing that is served."""
    made = Composition(dense=0, degree=1.0).embed(160, scene.graph.edges, None, None, None)
    left_out, kept = (model_card("m", scene.graph, CONFIG, one) for one in (replace(trained, embeddings=made), trained))
    assert "The encoder is left out" in left_out
    assert "trained again on all" not in left_out
    assert ("The encoder is left out" in kept) == (trained.embeddings.dense.shape[1] == 0)


@pytest.mark.parametrize("degree", [0.0, 1.0])
def test_a_bias_is_of_degrees_only_where_these_count(scene: Scene, trained: Trained, degree: float) -> None:
    """With the weight 0 it is a constant, in the card and in the output."""
    made = Composition(dense=0, shared=(1, 0, 0), degree=degree, constant=-2).embed(
        160, scene.graph.edges, None, None, None
    )
    found = replace(trained, embeddings=made)
    card, output = model_card("m", scene.graph, CONFIG, found), summary(scene.graph, CONFIG, found)
    assert ("by its number of links" in card, "a bias by degree" in output) == (degree > 0, degree > 0)
    assert ("- a constant" in card, "a constant" in output) == (degree == 0, degree == 0)


def test_a_named_part_of_weight_0_is_none(scene: Scene, encoderless: Trained) -> None:
    """No linked pair has common neighbours: the card and the output name the part, and nothing is measured without it."""
    card, output = (
        model_card("m", scene.graph, ENCODERLESS, encoderless),
        summary(scene.graph, ENCODERLESS, encoderless),
    )
    assert "shared links: fitted weight 0" in card
    assert "shared_links" in output.partition("fitted weight 0: ")[2].partition("\n")[0]
    assert "shared_links" not in encoderless.metrics.without


def test_a_model_without_encoder_is_not_called_by_it(scene: Scene, encoderless: Trained) -> None:
    """The first sentence of the card and the output say who left it out."""
    card = model_card("m", scene.graph, ENCODERLESS, encoderless)
    assert "A model without an encoder: --parts left out" in card
    assert "--parts left out the encoder" in summary(scene.graph, ENCODERLESS, encoderless)
    assert "A VGAE" not in card


def test_an_encoder_that_is_no_named_part_is_not_fitted(scene: Scene, encoderless: Trained, tmp_path: Path) -> None:
    """There is no epoch and no chart of epochs, in the checkpoint, its card and the output; its logits are the training's."""
    assert (encoderless.epoch, encoderless.curve, encoderless.node_embeddings) == (0, [], False)
    checkpoint = open_checkpoint(export(tmp_path, "m", scene.graph, ENCODERLESS, encoderless))
    card = (checkpoint.path / "MODEL_CARD.md").read_text("utf-8")
    assert checkpoint.manifest.training.epoch is None
    assert "curve.svg" not in {*checkpoint.manifest.files, card.partition("![Loss")[2][:60]}
    assert "best on validation" not in card
    assert summary(scene.graph, ENCODERLESS, encoderless).startswith("no encoder, refit on all edges")
    pairs = np.stack(np.triu_indices(160, 1))
    assert (checkpoint.decoder.pairs(*pairs) == encoderless.embeddings.decoder.pairs(*pairs)).all()
