"""`latentlink evaluate`: metrics of a model and of the heuristics over several seeds."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from latentlink.app.cli.console import say
from latentlink.app.cli.options import STORE, Model, Store, json_lines
from latentlink.app.cli.progress import progress
from latentlink.app.cli.report import sizes
from latentlink.models.checkpoint import store
from latentlink.models.training.replay import config_of, graph_of
from latentlink.models.training.steps import Step

if TYPE_CHECKING:
    from latentlink.models.checkpoint import Manifest
    from latentlink.models.training.seeds import Repeat, Spread

_COLUMNS = {
    "AUC": "auc",
    "AP": "ap",
    "Hits@10": "hits@10",
    "Hits@50": "hits@50",
    "Hits@100": "hits@100",
    "MRR": "mrr",
    "full MRR": "full_mrr",
    "full Hits@10": "full_hits@10",
}
_OF_DIRECTIONS = ("direction", "bidirectional")  # columns only where there is a figure


def evaluate(
    model: Model,
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds, from 0.")] = 5,
    as_json: Annotated[bool, json_lines("one line of JSON")] = False,
    checkpoints: Store = STORE,
) -> None:
    """Repeat the training of a checkpoint over several seeds, and print means and deviations of its metrics.

    Graph, features and hyperparameters come from the checkpoint; nothing is published.
    """
    with progress() as watcher:
        watcher.step(Step("reading"))
        checkpoint = store.find(checkpoints, model)
        manifest, config, graph = checkpoint.manifest, config_of(checkpoint), graph_of(checkpoint)
        from latentlink.models.training.given_split import kept_split
        from latentlink.models.training.planning.plan import make_plan
        from latentlink.models.training.seeds import repeat

        split = kept_split(checkpoint, graph) if manifest.training.split_given else None
        plan = make_plan(graph, config)
        size = sizes(graph.n_nodes, graph.n_edges, graph.n_features)
        typer.echo(f"{manifest.name}@{manifest.version}: {size}", err=as_json)
        typer.echo(f"evaluating {plan}{plan.sampling}, seeds 0–{seeds - 1}", err=as_json)
        with plan.limits():
            repeats = list(
                repeat(graph, plan.config, range(seeds), watcher.epoch, plan.device, split=split, on_step=watcher.step)
            )
    typer.echo(_json(manifest, repeats) if as_json else _table(config.model, repeats))
    for note in graph.notes:
        say(f"note  {note}", err=as_json)


def _table(model: str, repeats: Sequence["Repeat"]) -> str:
    """A row for the model and each heuristic, in percent."""
    from latentlink.models.evaluation.probabilities.interval_coverage import LEVEL
    from latentlink.models.training.seeds import MODEL, interval_coverage, spread, spreads

    rows = spreads(repeats)
    columns = {title: metric for title, metric in _COLUMNS.items() if metric in rows[MODEL]}
    columns |= {metric: metric for metric in _OF_DIRECTIONS if rows[MODEL].get(metric) is not None}
    lines = [["test, percent", *columns]]
    for row, metrics in rows.items():
        name = model if row == MODEL else row.replace("_", " ")
        lines.append([name, *(_cell(metrics[metric], 100) for metric in columns.values())])
    if (coverage := interval_coverage(repeats)) is not None:
        lines.append([f"in {100 * LEVEL:.0f} % intervals", _cell(coverage, 100)])
    lines.append(["seconds per seed", _cell(spread([r.seconds for r in repeats]), 1)])
    return "\n".join(f"{name:<24}" + "".join(f"{cell:>14}" for cell in cells) for name, *cells in lines)


def _cell(spread: "Spread | None", scale: float) -> str:
    return "–" if spread is None else f"{scale * spread.mean:.1f} ± {scale * spread.deviation:.1f}"


def _json(manifest: "Manifest", repeats: Sequence["Repeat"]) -> bytes:
    """Name, version, and means and deviations in 0–1, as in the manifest."""
    from latentlink.models.training.seeds import interval_coverage, spread, spreads

    result: Mapping[str, object] = {
        "name": manifest.name,
        "version": manifest.version,
        "test": spreads(repeats),
        "interval_coverage": interval_coverage(repeats),
        "seconds": spread([r.seconds for r in repeats]),
        "seeds": [{**vars(r), "test": {row: scores.by_name() for row, scores in r.test.items()}} for r in repeats],
    }
    return orjson.dumps(result)
