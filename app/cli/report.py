"""The output of `latentlink train`, as text or with `--json` as lines of JSON."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import typer

from latentlink.models.checkpoint.baselines import stronger_baselines
from latentlink.models.config import TrainingConfig
from latentlink.models.facts.metrics import NewNodes
from latentlink.models.inference.decoder import reconstruction_texts

if TYPE_CHECKING:
    from latentlink.models.graph.graph import Graph
    from latentlink.models.training.fit import Epoch
    from latentlink.models.training.protocol import Trained

_COLLAPSED = 0.1  # nats per node: a posterior this close to the prior has no information on the input
_NO_FEATURES = "no features: every node learns an embedding"


def describe(name: str, graph: "Graph") -> str:
    """One line on the data: its size, merged duplicates and dropped self-loops."""
    dropped = f"{count(graph.duplicates, 'duplicate')} merged, {count(graph.self_loops, 'self-loop')} dropped"
    features = count(graph.n_features, "feature") if graph.n_features else _NO_FEATURES
    return f"{name}: {count(graph.n_nodes, 'node')}, {count(graph.n_edges, 'edge')} ({dropped}), {features}"


def count(number: int, noun: str) -> str:
    """`1 node`, `1,234 nodes`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def summary(graph: "Graph", config: TrainingConfig, trained: "Trained") -> str:
    """The selected epoch and the metrics, beside the best heuristic and with the notes on the data."""
    metrics = trained.metrics
    data = "edges" if config.sees_graph else "rows"
    embeddings = ", with node embeddings" if trained.node_embeddings and graph.n_features else ""
    lines = [
        f"best epoch {trained.epoch} of {config.epochs}{embeddings}"
        + (f", refit on all {data}" if config.refit else "")
    ]
    lines += [f"{name:<14} {text}" for name, text in reconstruction_texts(metrics)]
    lines += [
        f"{part:<10} AUC {scores.auc:.4f}  AP {scores.ap:.4f}  on {count(edges, 'edge')}"
        for part, scores, edges in (
            ("validation", metrics.validation, trained.split.sizes.validation),
            ("test", metrics.test, trained.split.sizes.test),
        )
    ]
    best, scores = max(metrics.baselines.items(), key=lambda item: item[1].ap or 0.0)
    of_all = f"{best.replace('_', ' ')}, the best of {len(metrics.baselines)}"
    lines.append(f"{'heuristic':<10} AUC {scores.auc:.4f}  AP {scores.ap:.4f}  {of_all}")
    lines += _new_nodes(metrics.unseen)
    if not config.sees_graph:
        lines.append(f"{'note':<10} {config.model} models features, not links; for links train a gae or vgae")
    elif stronger_baselines(metrics):
        lines.append(f"warning    {best.replace('_', ' ')} beats the model on this graph")
    kl = None if trained.posterior is None else trained.posterior.kl_per_node
    if kl is not None and kl < _COLLAPSED:
        lines.append(
            f"warning    the posterior is {kl:.4f} nats per node from the prior: embeddings have almost no "
            f"information; {'scale the features up' if graph.n_features else 'train longer'}, or train without the v"
        )
    lines += [f"{'note':<10} {note}" for note in graph.notes]
    return "\n".join(lines)


def _new_nodes(facts: NewNodes | None) -> Iterator[str]:
    """Metrics of hidden nodes, where some were hidden."""
    if facts is None:
        return
    for part, given in ((facts.with_links, "by their other links"), (facts.features_alone, "by features alone")):
        if part is not None:
            scores, links = part.model, count(part.links, "edge")
            yield f"new nodes  AUC {scores.auc:.4f}  AP {scores.ap:.4f}  on {links}, {given}"


def print_epoch(epoch: "Epoch") -> None:
    """A line of `--json`, on standard output."""
    _print_json({"epoch": epoch.number, "loss": epoch.loss, "validation": epoch.validation, "phase": epoch.phase})


def print_result(path: Path, trained: "Trained", *, activated: bool, missed: Sequence[str]) -> None:
    """The last line of `--json`: the checkpoint at `path` (<name>/<version>), its metrics, and whether it is served."""
    _print_json(
        {
            "name": path.parent.name,
            "version": path.name,
            "path": str(path),
            "epoch": trained.epoch,
            "node_rows": trained.node_embeddings,
            "metrics": trained.metrics.document(),
            "activated": activated,
            "missed": missed,
        }
    )


def _print_json(value: dict[str, object]) -> None:
    typer.echo(orjson.dumps(value))
