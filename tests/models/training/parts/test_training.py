"""A training with parts, from the split to the checkpoint."""

from dataclasses import replace

import numpy as np
import pytest

from latentlink.models.checkpoint import Checkpoint, open_checkpoint
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.metrics import auc_ap
from latentlink.models.publishing.export import export
from latentlink.models.publishing.model_card import model_card
from latentlink.models.training.parts.composition import Composition
from latentlink.models.training.protocol import Trained, train
from tests.models.training.parts.conftest import Scene

CONFIG = TrainingConfig(epochs=20, dim=8, validation=0.1, parts="dense,spectral")


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
    assert set(without) <= {"dense", "spectral", "degree", "shared-links"}


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
    assert ("Validation left the encoder out" in card) == (published.manifest.dense == 0)


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
    assert "left the encoder out" in left_out
    assert "trained again on all" not in left_out
    assert ("left the encoder out" in kept) == (trained.embeddings.dense.shape[1] == 0)
