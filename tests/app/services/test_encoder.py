"""Which checkpoints have an encoder that serving can run."""

from dataclasses import replace
from pathlib import Path

import pytest

from latentlink.app.errors import UnsupportedByModelError
from latentlink.app.services.encoder import make_numpy_encoder
from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.config import TrainingConfig
from latentlink.models.publishing.export import export
from latentlink.models.training.protocol import train
from tests.app.trained import publish_trained, random_graph
from tests.support import Small


def test_models_without_one_say_why(tmp_path: Path) -> None:
    """A model of features, features that are not stored, and weights of another shape."""
    graph = random_graph("table")
    config = TrainingConfig.model_validate({"model": "ae", "epochs": 1, "dim": 2})
    autoencoder = open_checkpoint(export(tmp_path, "ae", graph, config, train(graph, config)))
    with pytest.raises(UnsupportedByModelError, match=r"an encoder of links .* found 'mlp'"):
        make_numpy_encoder(autoencoder)
    with pytest.raises(UnsupportedByModelError, match="stored features, found none"):
        make_numpy_encoder(publish_trained(tmp_path, "dense", store_features=False))
    small = Small.random()
    small.publish(tmp_path, "strange")
    strange = open_checkpoint(next(tmp_path.glob("strange/2*")))
    with pytest.raises(UnsupportedByModelError, match=r"weights of its encoder, linear, found: .*expected \(60, 8\)"):
        make_numpy_encoder(replace(strange, weights={"linear.rows.weight": small.mu[1:]}))
    with pytest.raises(UnsupportedByModelError, match="weights of its encoder, linear, found"):
        make_numpy_encoder(replace(strange, weights={}))
