"""`latentlink compare`: what changes from one version to another."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import orjson
import typer

from latentlink.app.cli.options import STORE, Store
from latentlink.models.checkpoint import Checkpoint, store
from latentlink.models.comparison.compare import compare as compare_checkpoints
from latentlink.models.comparison.facts import Comparison, CountChange, MetricChange, ProbabilityChange, Spread
from latentlink.models.errors import DataError
from latentlink.models.wording import count

_NAMED = "NAME or NAME@VERSION, also as STORE/NAME, or a version's directory."


def compare(
    before: Annotated[str, typer.Argument(help=f"What is, such as the version that is served: {_NAMED}")],
    after: Annotated[str, typer.Argument(help=f"What would be: {_NAMED}")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
    checkpoints: Store = STORE,
) -> None:
    """Compare two versions of a model, or two models: metrics, nodes, links, lists of neighbours and probabilities.

    Lists and probabilities are compared on a sample of the nodes that both know, the same at every call.
    """
    found = compare_checkpoints(_found(checkpoints, "before", before), _found(checkpoints, "after", after))
    typer.echo(orjson.dumps(found.document()) if as_json else "\n".join(_lines(found)))


def _found(checkpoints: Path, argument: str, model: str) -> Checkpoint:
    """The checkpoint that an argument names; an error about what it names begins with the argument."""
    try:
        return store.find(checkpoints, model)
    except DataError as error:
        raise DataError(f"{argument}: {str(error).removeprefix('model: ')}") from None


def _lines(found: Comparison) -> Iterator[str]:
    for title, one in (("before", found.before), ("after", found.after)):
        yield f"{title:<13} {one.model}@{one.version}"
    if found.before == found.after:
        yield f"{'note':<13} both are the same version"
    for part, changes in (("validation", found.metrics.validation), ("test", found.metrics.test)):
        for name, change in changes.items():
            yield f"{part:<13} {_metric(name, change)}"
    if found.metrics.same_test is False:
        yield f"{'note':<13} the metrics are of different test pairs"
    yield f"{'nodes':<13} {_counts(found.nodes)}"
    yield f"{'links':<13} {_counts(found.links)}"
    lists = found.neighbors
    if lists.overlap is None or lists.same_first is None:
        yield f"{'neighbors':<13} none to compare"
        return
    sampled = f"of {count(lists.nodes, 'node')} among {lists.candidates:,}"
    yield f"{'neighbors':<13} top {lists.k} {sampled}: the same first for {lists.same_first:.1%}"
    yield f"{'  overlap':<13} {_spread(lists.overlap, signed=False)}"
    yield from _probabilities("best pairs", found.best_pairs)
    yield from _probabilities("random pairs", found.random_pairs)


def _metric(name: str, change: MetricChange) -> str:
    before, after = ("–" if value is None else f"{value:.4f}" for value in (change.before, change.after))
    by = "" if change.before is None or change.after is None else f"{change.after - change.before:+.4f}"
    return f"{name.replace('_', ' '):<13} {before:>7} {after:>7} {by:>8}".rstrip()


def _counts(change: CountChange) -> str:
    about = "" if change.exact else "about "
    return f"{change.before:,} to {change.after:,}: {about}{change.added:,} added, {about}{change.removed:,} removed"


def _probabilities(title: str, change: ProbabilityChange) -> Iterator[str]:
    yield f"{title:<13} {change.pairs:,}, without known links"
    for name, found in (("probability", change.probability), ("calibrated", change.calibrated)):
        if found is not None:
            yield f"  {name:<11} {_spread(found, signed=True)}"


def _spread(found: Spread, *, signed: bool) -> str:
    sign = "+" if signed else ""
    values = {"mean": found.mean, "5 %": found.p5, "25 %": found.p25, "median": found.p50, "75 %": found.p75}
    return "  ".join(f"{name} {value:{sign}.4f}" for name, value in {**values, "95 %": found.p95}.items())
