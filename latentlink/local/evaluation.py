"""`evaluate`: your own scores beside the heuristics, on the split of a model."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from latentlink.local.tables import MetricTable
from latentlink.models.arrays import Array, Float64, Int64
from latentlink.models.checkpoint.named_split import Split
from latentlink.models.errors import DataError, python_names
from latentlink.models.evaluation.given_scores import metrics_of_function, metrics_of_scores
from latentlink.models.facts.metrics import LinkMetrics
from latentlink.models.graph.roles import role_graph
from latentlink.models.training.directed import split_of_roles
from latentlink.models.training.given_split import kept_split
from latentlink.models.training.replay import graph_of

Scores = Callable[[Array], npt.ArrayLike] | tuple[npt.ArrayLike, npt.ArrayLike]


@python_names()
def evaluate(scores: Scores, split: Split) -> MetricTable[float]:
    """Measure scores of any method on the test of a model, beside the heuristics, by the same metrics.

    The method may know the links in `split.train` alone. A published model is no such method: unless it was trained with
    `refit=False`, it has learned from the test links as well; its own metrics are in `metrics_["test"]`.

    Args:
        scores: a function of pairs of ids, str (m, 2), or with relations of triples (m, 3), to scores (m,), the larger the
            likelier the link; or two arrays, the scores of `split.test` and of `split.test_negatives`, (p,) and (n,).
            A function is also called with the candidates of each test link, up to N pairs for each of its ends, for MRR and the
            full ranking; two arrays give AUC, AP and Hits@K alone.
        split: `split_` of a model.

    Returns:
        Metrics by name of "given" and of every heuristic, as `metrics_["test"]` and `baselines_` of the model have them.

    Raises:
        DataError: the scores have another shape or are not finite numbers, `split` is another object, or the checkpoint lacks
            the graph's features.
    """
    if not isinstance(split, Split):
        raise DataError(f"split: expected split_ of a model, found {type(split).__name__}")
    if not callable(scores) and len(scores) != 2:
        raise DataError(
            f"scores: expected a function or two arrays, of the test and of its negatives, found {len(scores)}"
        )
    graph = graph_of(split.checkpoint)
    pairs = kept_split(split.checkpoint, graph)
    if graph.directed and graph.relations is None:
        graph, pairs = role_graph(graph), split_of_roles(pairs, graph.n_nodes)
    if not callable(scores):
        sizes = zip(scores, ("test", "test_negatives"), (len(pairs.test), len(pairs.test_negatives)), strict=True)
        positive, negative = (_checked(part, name, size) for part, name, size in sizes)
        return table_of(metrics_of_scores(graph, pairs, positive, negative))

    def score(rows: Int64) -> Float64:
        return _checked(scores(split.named(rows)), "the pairs that the function got", len(rows))

    return table_of(metrics_of_function(graph, pairs, score, split.checkpoint.manifest.seed))


def table_of(rows: Mapping[str, LinkMetrics]) -> MetricTable[float]:
    """The metrics of each row by their names on disk."""
    return MetricTable({name: metrics.by_name() for name, metrics in rows.items()})


def _checked(scores: Any, what: str, size: int) -> Float64:
    """The scores, (m,), as float64."""
    try:
        found = np.asarray(scores, np.float64)
    except (TypeError, ValueError, RuntimeError) as error:  # the last of a tensor that has a gradient
        raise DataError(f"scores: expected {size:,} finite numbers, one for each of {what}, found: {error}") from None
    if found.shape != (size,) or not np.isfinite(found).all():
        kind = f"an array of shape {found.shape}" if found.shape != (size,) else "numbers that are not finite"
        raise DataError(f"scores: expected {size:,} finite numbers, one for each of {what}, found {kind}")
    return found
