"""What the command line prints of a graph and a training, as text or with `--json` as lines of JSON."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import typer

from latentlink.models.checkpoint.baselines import COMPARED, beaten_on, best_baseline
from latentlink.models.config import TrainingConfig
from latentlink.models.facts.metrics import FEWEST_DIRECTIONS, LinkMetrics, Metrics, NewNodes
from latentlink.models.facts.published import ModelFacts
from latentlink.models.facts.used_parts import UsedParts
from latentlink.models.graph.description import size_line
from latentlink.models.inference.decoder import reconstruction_texts
from latentlink.models.recipes import MADE_ELSEWHERE
from latentlink.models.wording import count, listed, shortened

if TYPE_CHECKING:
    from latentlink.models.graph.graph import Graph
    from latentlink.models.training.fit import Epoch
    from latentlink.models.training.trained import Trained
    from latentlink.models.training.tuning.trials import Trial

_COLLAPSED = 0.1  # nats per node: a posterior this close to the prior has no information on the input
_RELATIONS = 5  # of which metrics are printed


def describe(name: str, graph: "Graph") -> str:
    """What the data are called, and one line on them."""
    return f"{name}: {size_line(graph)}"


def sizes(nodes: int, edges: int, features: int) -> str:
    """`34 nodes, 78 edges, 0 features`."""
    return f"{count(nodes, 'node')}, {count(edges, 'edge')}, {count(features, 'feature')}"


def summary(graph: "Graph", config: TrainingConfig, trained: "Trained") -> str:
    """The selected epoch and the metrics, beside the best heuristic."""
    metrics = trained.metrics
    data = "edges" if config.sees_graph else "rows"
    embeddings = ", with node embeddings" if trained.node_embeddings and graph.n_features else ""
    refit = f", refit on all {data}" if config.refit else ""
    nothing = (
        f"{MADE_ELSEWHERE.get(config.encoder)} as given, d = {config.dim}"
        if config.encoder in MADE_ELSEWHERE
        else "no encoder"
    )
    best = f"best epoch {trained.epoch} of {config.epochs}" if trained.curve else nothing
    lines = [f"{best}{embeddings}{refit}"]
    if (parts := trained.embeddings.parts) is not None:
        lines.append(f"{'parts':<10} {UsedParts(parts, config.parts, trained.embeddings.weights)}")
    lines += [f"{name:<14} {text}" for name, text in reconstruction_texts(metrics)]
    lines += [
        f"{part:<10} {_scores(scores)}  on {count(edges, 'edge')}"
        for part, scores, edges in (
            ("validation", metrics.validation, trained.split.sizes.validation),
            ("test", metrics.test, trained.split.sizes.test),
        )
    ]
    lines += _lists(graph, metrics)
    lines += [f"{'without':<10} {_scores(scores)}  {part}" for part, scores in metrics.without.items()]
    lines += _heuristics(metrics)
    lines += [*_relations(metrics), *_new_nodes(metrics.unseen)]
    lines += [f"{'note':<10} {note}" for note in trained.notes]
    if not config.sees_graph:
        lines.append(f"{'note':<10} {config.model} models features, not links; for links train a gae or vgae")
    elif beaten := beaten_on(metrics):
        lines.append(f"warning    heuristics beat the model: {beaten_text(beaten)}")
    if graph.directed and graph.relations is None and metrics.test.direction is None:
        lines.append(
            f"{'note':<10} no figure for directions: the test has fewer than {FEWEST_DIRECTIONS} one-way links"
        )
    kl = None if trained.posterior is None else trained.posterior.kl_per_node
    if kl is not None and kl < _COLLAPSED:
        lines.append(
            f"warning    the posterior is {kl:.4f} nats per node from the prior: embeddings have almost no "
            f"information; {'scale the features up' if graph.n_features else 'train longer'}, or train without the v"
        )
    return "\n".join(lines)


def beaten_text(beaten: Mapping[str, Sequence[str]]) -> str:
    """`AP (common neighbors), full MRR (spectral)`: the best of each metric of `beaten_on`."""
    return ", ".join(f"{COMPARED[metric]} ({best})" for metric, [best, *_] in beaten.items()).replace("_", " ")


def _scores(scores: LinkMetrics) -> str:
    """AUC and, as far as they were measured, the metrics on which heuristics are compared, those of lists and of directions."""
    first = {"full_hits@1": "full Hits@1", "full_hits@3": "full Hits@3"}
    values, titles = scores.by_name(), {**COMPARED, **first, "recall@20": "Recall@20", "direction": "direction"}
    shown = (f"  {title} {value:.4f}" for name, title in titles.items() if (value := values.get(name)) is not None)
    return f"AUC {scores.auc:.4f}{''.join(shown)}"


def _lists(graph: "Graph", metrics: Metrics) -> Iterator[str]:
    """Whose lists Recall@20 is of, where it is measured."""
    if metrics.test.recall_20 is not None and graph.types is not None and graph.types.groups is not None:
        first, second = map(listed, graph.types.groups)
        yield f"{'lists':<10} Recall@20 of {second} for each {first}"


def _heuristics(metrics: Metrics) -> Iterator[str]:
    """The best heuristic by AP and the best by full MRR; one line where these are one."""
    best = {metric: best_baseline(metrics, metric) for metric in ("ap", "full_mrr")}
    for name in dict.fromkeys(filter(None, best.values())):
        on = " and ".join(COMPARED[metric] for metric, one in best.items() if one == name)
        scores, shown = metrics.baselines[name], name.replace("_", " ")
        yield f"{'heuristic':<10} {_scores(scores)}  {shown}, best {on} of {len(metrics.baselines)}"


def _relations(metrics: Metrics) -> Iterator[str]:
    """The metrics of the relations with the most test links, and how many test links have a known one between their ends."""
    if not metrics.relations:
        return
    for name, facts in sorted(metrics.relations.items(), key=lambda one: -one[1].test_links)[:_RELATIONS]:
        if facts.test.full_mrr is not None:
            of = f"on {count(facts.test_links, 'edge')} of {shortened(name)}"
            yield f"{'relation':<10} full MRR {facts.test.full_mrr:.4f}  full Hits@10 {facts.test.full_hits_10:.4f}  {of}"
    yield (
        f"{'note':<10} of the test edges {metrics.reciprocal:,} have a training edge in the opposite direction, "
        f"{metrics.parallel:,} one of another relation"
    )


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


def print_trial(trial: "Trial") -> None:
    """A line of `--json`, on standard output."""
    fields = trial._asdict()
    _print_json({"trial": fields.pop("number"), **fields})


def print_result(path: Path, facts: ModelFacts, *, activated: bool, missed: Sequence[str]) -> None:
    """The last line of `--json`: the checkpoint at `path` (<name>/<version>), its metrics, and whether it is served."""
    _print_json(
        {
            "name": path.parent.name,
            "version": path.name,
            "path": str(path),
            "epoch": facts.training.epoch,
            "node_rows": facts.training.node_rows,
            "metrics": facts.metrics.document(),
            "activated": activated,
            "missed": missed,
        }
    )


def _print_json(value: dict[str, object]) -> None:
    typer.echo(orjson.dumps(value))
