"""The names that `latentlink` exports."""

import doctest

import latentlink
from latentlink import client
from latentlink.local import evaluation, model, predictor
from latentlink.models.checkpoint import named_split
from latentlink.models.publishing import state_dict, vectors


def test_the_package_exports_the_client_whole() -> None:
    """Each name of the client is the client's own object, and `dir` shows it."""
    assert set(client.__all__) < set(latentlink.__all__)
    assert all(getattr(latentlink, name) is getattr(client, name) for name in client.__all__)
    assert set(latentlink.__all__) < set(dir(latentlink))


def test_the_package_exports_the_python_api() -> None:
    """The names beside the client's; each is the object of its module."""
    assert {*latentlink.__all__} - {*client.__all__} == {
        *("LinkPredictor", "Model", "Split", "evaluate", "load", "publish_state_dict", "publish_vectors", "trackers")
    }
    assert (latentlink.load, latentlink.Model, latentlink.Split) == (model.load, model.Model, named_split.Split)
    assert (latentlink.LinkPredictor, latentlink.evaluate) == (predictor.LinkPredictor, evaluation.evaluate)
    assert latentlink.publish_vectors is vectors.publish_vectors
    assert latentlink.publish_state_dict is state_dict.publish_state_dict


def test_examples_of_docstrings_run() -> None:
    """As a reader would type them."""
    assert doctest.testmod(predictor) == doctest.TestResults(failed=0, attempted=5)
