"""The options of a training, as a person gives them: read into a config, and refused where they would be ignored."""

from collections.abc import Callable, Mapping, Sequence

from pydantic import ValidationError

from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.fields import FieldError, field_errors
from latentlink.models.graph.graph import Graph

Options = Mapping[str, object]
"""Values by the names of `TrainingConfig`'s fields; None where an option is not given, so that the encoder's recipe has it."""

Check = Callable[[Options], TrainingConfig]
"""The config of some options; raises DataError where one is wrong or would be ignored."""

_TYPES = ("int_type", "float_type", "bool_type")  # pydantic's errors of a value of another type
_NOT_OF_RELATIONS = (
    *(
        "hidden",
        "hops",
        "edge_masking",
        "feature_dropout",
        "reversed_negatives",
        "node_embeddings",
        "neighbor_sampling",
    ),
    *("parts", "time_column", "evaluate_unseen"),
)


def valid_config(options: Options, *, of_relations: bool = False) -> TrainingConfig:
    """The config of these options; where links have relations, their model is the default.

    Raises:
        DataError: a value is out of its range, an option is unknown, or one would be ignored.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        config = TrainingConfig.model_validate({"model": "complex", **given} if of_relations else given)
    except ValidationError as error:
        first, *_ = field_errors(error.errors())
        raise _refused(first) from None
    if not config.sees_graph and given.get("node_embeddings") == "on":
        raise DataError(
            f"--node-embeddings: expected auto or off for a model of features ({config.model}), found 'on'; train a gae or vgae"
        )
    return config


def require_types(options: Options) -> None:
    """Refuse a text or a truth value for a number, and a text for a truth value; pydantic would read "20" as 20 and True as 1.

    Of the command, the values of a `--space` are texts; those of Python have types.

    Raises:
        DataError: an option has another type than its field.
    """
    given = {name: value for name, value in options.items() if isinstance(value, str | bool)}
    try:
        TrainingConfig.model_validate(given, strict=True)
    except ValidationError as error:
        wrong = field_errors(
            [one for one in error.errors() if one["type"] in _TYPES]
        )  # not what lacks the other options
        if wrong:
            raise _refused(wrong[0]) from None


def checked_config(options: Options, *, of_relations: bool, divided: Sequence[str]) -> TrainingConfig:
    """`valid_config` of options that all take effect; features are looked at by `require_features`, when they are known.

    Raises:
        DataError: as `valid_config`, `require_one_split` and `require_relations`.
    """
    config = valid_config(options, of_relations=of_relations)
    require_one_split(options, config, divided)
    require_relations(options, config, of_relations=of_relations)
    return config


def _refused(wrong: FieldError) -> DataError:
    return DataError(f"--{wrong.field.replace('_', '-')}: expected {wrong.expected}, found {wrong.found}")


def require_one_split(options: Options, config: TrainingConfig, divided: Sequence[str]) -> None:
    """Refuse options of a drawn split beside others, `divided`, which divide the edges already.

    Raises:
        DataError: an option would be ignored.
    """
    if len(divided) > 1:
        raise DataError("--split-column: expected none beside --split, which divides the edges already; leave out one")
    if divided and config.time_column is not None:
        raise DataError(
            f"--time-column: expected none beside {divided[0]}, which divides the edges already, found {config.time_column!r}; "
            "leave out one"
        )
    drawn = not divided or config.evaluate_unseen is not None or not config.sees_graph  # of edges, or of rows
    for option in ("validation", "test"):
        if not drawn and options.get(option) is not None:
            raise DataError(
                f"--{option}: expected no share beside {divided[0]}, found {options[option]}; leave out one"
            )


def require_relations(options: Options, config: TrainingConfig, *, of_relations: bool) -> None:
    """Refuse a model of relations without any, any other model with some, and options that it would ignore.

    Raises:
        DataError: the model does not fit the links, or an option would be ignored.
    """
    if config.of_relations != of_relations:
        raise DataError(
            f"--model: expected complex for links with relations, and another one without, found {config.model!r}; "
            f"{'name the relations with --relation-column' if config.of_relations else 'leave out --model, or the relations'}"
        )
    ignored = (option for option in _NOT_OF_RELATIONS if options.get(option) is not None)
    if config.of_relations and (option := next(ignored, None)) is not None:
        raise DataError(
            f"--{option.replace('_', '-')}: expected none for links with relations, found {options[option]!r}; leave it out"
        )


def require_features(options: Options, graph: Graph) -> list[str]:
    """Refuse options that make no sense without features; a sentence on each that is ignored.

    Raises:
        DataError: there would be nothing to train.
    """
    if graph.n_features or graph.relations is not None:
        return []
    if options.get("node_embeddings") == "off":
        raise DataError(
            "--node-embeddings: expected features to train on without node embeddings, found none; add --features, or leave "
            "it out"
        )
    if options.get("weight_decay"):
        return [
            "--weight-decay: expected features, found none; without them the weights are node embeddings, not decayed"
        ]
    return []
