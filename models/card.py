"""`MODEL_CARD.md`: the facts of a training run for a person."""

from collections.abc import Iterable, Mapping
from typing import Any

from models.baselines import stronger_baselines, why_beaten
from models.config import TrainingConfig
from models.graph import Graph
from models.posterior import posterior_facts
from models.training import Trained

_COLUMNS = ("auc", "ap", "hits@10", "hits@50", "hits@100", "mrr")


def model_card(name: str, graph: Graph, config: TrainingConfig, trained: Trained) -> str:
    """The card, in Markdown."""
    metrics = trained.metrics
    scores = {"validation": metrics["validation"], "**this model**": metrics["test"], **metrics["baselines"]}
    notes = "".join(f"\n{note}\n" for note in graph.notes)
    return f"""# {name}
{_warning(graph, metrics)}
A {config.model.upper()} with the encoder `{config.encoder}`; the probability of an edge is σ(zᵢᵀzⱼ) with z = μ.

## Data
{graph.n_nodes:,} nodes, {graph.n_edges:,} {_undirected(graph)}, {_features(graph)}.
{graph.duplicates:,} duplicate edges were merged and {graph.self_loops:,} self-loops dropped.
Fingerprint `{graph.fingerprint()}`.

## Evaluation
Edges were split at random as undirected pairs: {config.validation:.0%} for selecting the epoch, {config.test:.0%} for the
report, the rest for training, with as many uniform non-edges. The encoder, the training negatives and the heuristics saw
training edges only; epoch {trained.epoch} of {config.epochs} was best on validation.

![Loss, and AUC and AP on validation, by epoch](curve.svg)
{notes}
Test, the model beside heuristics on the same pairs; Hits@K is the share of edges above the K-th best non-edge, MRR ranks each
edge among 100 pairs that share an end with it and are not linked.

{_table(("edges", *_COLUMNS), ([what.replace("_", " "), *map(_number, map(row.get, _COLUMNS))] for what, row in scores.items()))}

![How many test edges and non-edges have which probability](scores.svg)

By the end with fewer links: cold up to the lower quartile of all degrees, hub above the upper one.

{_table(("test pairs", "edges", "non-edges", "AUC", "AP"), _strata(metrics["strata"]))}

{_refit(graph, config, trained)}
{_posterior(trained)}
## Split audit
Every count is 0, or nothing would have been published. The last one compares what the encoder was given with the held-out pairs.

{_table(("what would leak", "count"), ([what.replace("_", " "), n] for what, n in trained.split_audit.items()))}

## Limits
Raw probabilities rank pairs; they are not calibrated. The mean logit over all pairs can't be negative, so that they
average about 0.5 however sparse the graph is.

## To reproduce
Train with the same data and these settings; the same machine gives the same bytes.

{_table(("setting", "value"), config.model_dump().items())}
"""


def _warning(graph: Graph, metrics: Mapping[str, Any]) -> str:
    """The card's first lines, where a heuristic does better than the model."""
    if not (stronger := stronger_baselines(metrics)):
        return ""
    shown = ", ".join(f"{name.replace('_', ' ')} ({metrics['baselines'][name]['ap']:.4f})" for name in stronger)
    reason = why_beaten(metrics, graph.n_features) or ""
    beaten = f"**On this graph a heuristic beats the model's test AP of {metrics['test']['ap']:.4f}: {shown}.**"
    return f"\n{beaten} {reason}".rstrip() + "\n"


def _undirected(graph: Graph) -> str:
    return "undirected edges" if graph.weights is None else "undirected edges with weights"


def _features(graph: Graph) -> str:
    if graph.n_features == 0:
        return "no features: each node has a learned row"
    return f"{graph.n_features:,} features a node"


def _refit(graph: Graph, config: TrainingConfig, trained: Trained) -> str:
    rows = " Each node has a learned row beside its features." if trained.node_rows and graph.n_features else ""
    if not config.refit:
        return f"The evaluated weights are served; {len(trained.heldout):,} held-out edges were kept from the encoder.{rows}"
    return (
        f"After evaluation the model was trained again on all {graph.n_edges:,} edges for {trained.epoch} epochs; the served "
        f"embeddings know every edge of the data. The metrics are of the evaluated run.{rows}"
    )


def _posterior(trained: Trained) -> str:
    if (facts := posterior_facts(trained.embeddings.mu, trained.embeddings.logvar)) is None:
        return ""
    return (
        f"\nThe served posterior has a median σ of {facts['median_sigma']:.4f} and lies {facts['kl_per_node']:.4f} nats a node "
        "from N(0, I); with σ = 1 and 0 nats it would have learned nothing.\n"
    )


def _strata(strata: Mapping[str, Mapping[str, Any]]) -> Iterable[list[str]]:
    for name, row in strata.items():
        yield [name, str(row["positives"]), str(row["negatives"]), _number(row["auc"]), _number(row["ap"])]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _table(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    lines = [list(header), *([str(cell) for cell in row] for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
