"""What a person gives as a space: the types of its values, and what is refused before anything is trained."""

from functools import partial
from typing import Any

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import RandomSampler
from optuna.study import create_study

from latentlink.models.errors import DataError
from latentlink.models.training.options import checked_config
from latentlink.models.training.tuning.space import Choices, Range, combinations_of, read_space

CHECK = partial(checked_config, of_relations=False, divided=())


def _space(given: dict[str, Any], **options: object) -> Any:
    return read_space(given, options, CHECK)


def test_values_have_the_types_of_the_config() -> None:
    """Texts of a command line and names with dashes or of earlier versions, as numbers and names of Python."""
    space = _space({"dim": ["64", 128, 64], "edge-masking": ("0.5", "0.9"), "hops": ("1", "3"), "node-rows": ["on"]})
    assert space == {
        "dim": Choices((64, 128)),
        "edge_masking": Range(0.5, 0.9),
        "hops": Range(1, 3),
        "node_embeddings": Choices(("on",)),
    }
    assert isinstance(space["hops"].low, int)
    assert [combinations_of(part) for part in (space, _space({"dim": [4, 8], "hops": [1, 2, 3]}))] == [None, 6]


def test_optuna_gets_scales_that_fit() -> None:
    """Widths and rates on a logarithmic one, where they begin above 0."""
    given = {"dim": (8, 256), "learning_rate": (0.001, 0.1), "weight_decay": (0, 0.1), "hops": (1, 3), "epochs": [5, 9]}
    asked = create_study(sampler=RandomSampler(seed=0)).ask()
    for name, part in _space(given, encoder="gcn").items():
        part.suggest(asked, name)
    assert asked.distributions == {
        "dim": IntDistribution(8, 256, log=True),
        "learning_rate": FloatDistribution(0.001, 0.1, log=True),
        "weight_decay": FloatDistribution(0, 0.1),
        "hops": IntDistribution(1, 3),
        "epochs": CategoricalDistribution((5, 9)),
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "--space: expected a hyperparameter with its values, found none; add one, as dim=64,128"),
        ({"dims": [4]}, "--space: expected the name of a hyperparameter, such as dim, found 'dims'"),
        ({"dim": [0]}, "--dim: expected a number greater than or equal to 1, found 0"),
        ({"dim": [4, "x"]}, "--dim: expected a valid integer, unable to parse string as an integer, found 'x'"),
        ({"dim": (4, 9999)}, "--dim: expected a number less than or equal to 4096, found 9999"),
        (
            {"edge_masking": (0.9, 0.5)},
            "--space edge_masking: expected a range from a lower number to a higher one, found ",
        ),
        (
            {"encoder": ("gcn", "linear")},
            "--space encoder: expected a range from a lower number to a higher one, found ",
        ),
        ({"hops": (1, 2, 3)}, "--space hops: expected a range of two numbers, (low, high), found (1, 2, 3)"),
        ({"dim": "64"}, "--space dim: expected a list of choices or a tuple (low, high), found '64'"),
        ({"dim": []}, "--space dim: expected a list of choices or a tuple (low, high), found []"),
        ({"seed": [1, 2]}, "--space: expected no seed, which decides the split"),
        ({"refit": [True]}, "--space: expected no refit, which changes nothing on validation"),
        ({"dim": [4], "node-rows": ["on"], "node_embeddings": ["off"]}, "--space: expected each hyperparameter once"),
        ({"hidden": [4], "epochs": [3]}, "--epochs: expected none beside --space epochs; leave out one"),
    ],
)
def test_a_wrong_space_is_one_line(given: dict[str, Any], message: str) -> None:
    """It says what was expected, before a training begins."""
    with pytest.raises(DataError) as error:
        _space(given, epochs=5)
    assert str(error.value).startswith(message)


def test_values_that_contradict_each_other_are_refused() -> None:
    """Each is valid beside the first values of the others; not so both together."""
    given = {"encoder": ["gcn", "normalized"], "weight_decay": [0, 0.001]}
    with pytest.raises(DataError, match=r"^--weight-decay: expected 0 for normalized, .* found 0\.001$"):
        _space(given)
    assert _space({**given, "encoder": ["gcn"]})["weight_decay"] == Choices((0.0, 0.001))


def test_models_whose_scores_mean_different_things_are_refused() -> None:
    """The losses of an AE and of a VAE, and neither beside scores of links."""
    for models in (["ae", "vae"], ["gae", "ae"]):
        found = ", ".join(models)
        with pytest.raises(
            DataError, match=rf"^--space model: expected gae and vgae, .* found {found}; tune each alone$"
        ):
            _space({"model": models})


def test_a_range_with_values_that_are_refused_within_is_refused() -> None:
    """Complex embeddings have an even width; both ends are even."""
    check = partial(checked_config, of_relations=True, divided=())
    with pytest.raises(DataError, match=r"^--dim: expected an even number for complex, .* found 5$"):
        read_space({"dim": (4, 8)}, {}, check)
