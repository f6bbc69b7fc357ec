"""`MODEL_CARD.md`: the facts of a training run for a person."""

from collections.abc import Iterable, Mapping
from typing import Any

from latentlink.models.checkpoint.baselines import stronger_baselines, why_beaten
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.features import count_missing
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.decoder import reconstruction_texts
from latentlink.models.inference.local_evidence import COLD_BELOW, REACH
from latentlink.models.training.protocol import Trained

_COLUMNS = ("auc", "ap", "hits@10", "hits@50", "hits@100", "mrr")

_NO_PCA = "a PCA of as many\ndimensions as the model gives back every row of so few features as it is, and is left out"
_ENCODED = """
How columns are encoded (means, deviations, the values of categories and lists, what is ignored) was fitted on all rows, those
of validation and test among them; the errors of the model and of the baselines are in those units."""


def model_card(name: str, graph: Graph, config: TrainingConfig, trained: Trained) -> str:
    """The card, in Markdown."""
    metrics, split = trained.metrics, trained.split
    scores = {"validation": metrics["validation"], "**this model**": metrics["test"], **metrics["baselines"]}
    notes = "".join(f"\n{note}\n" for note in graph.notes)
    return f"""# {name}
{_warning(graph, config, metrics)}
{_first_sentence(config)}

## Data
{graph.n_nodes:,} nodes, {graph.n_edges:,} {_undirected(graph)}, {_features(graph)}.
Duplicate edges that were merged: {graph.duplicates:,}; self-loops that were dropped: {graph.self_loops:,}.
Fingerprint `{graph.fingerprint()}`.

## Evaluation
Edges were split {_how(config)} as undirected pairs: {split["train"]:,} for training, {split["validation"]:,} for selecting the
epoch and {split["test"]:,} for the report, the latter two with as many uniform non-edges. The encoder, the training negatives
and the heuristics saw training edges only; epoch {trained.epoch} of {config.epochs} was best on validation.
{_reconstruction(graph, config, metrics)}
![Loss, and scores on validation, by epoch](curve.svg)
{notes}
Test, the model beside heuristics on the same pairs; Hits@K is the share of edges above the K-th best non-edge, MRR ranks each
edge among 100 pairs that share an end with it and are not linked.

{_table(("edges", *_COLUMNS), ([what.replace("_", " "), *map(_number, map(row.get, _COLUMNS))] for what, row in scores.items()))}

![How many test edges and non-edges have which probability](scores.svg)

By the end with fewer links: cold up to the lower quartile of all degrees, hub above the upper one.

{_table(("test pairs", "edges", "non-edges", "AUC", "AP"), _strata(metrics["strata"]))}

By what stands behind a score in the graph of the training edges: cold start where an end has fewer than {COLD_BELOW} of them, and
the steps from one end to the other, farther from {REACH + 1} on.

{_table(("test pairs", "edges", "non-edges", "AUC", "AP"), _strata(metrics["support"]))}

{_unseen(graph, metrics)}
{_refit(graph, config, trained)}
{_posterior(trained)}
## Split audit
Every count is 0, or nothing would have been published. The last one compares what the encoder was given with the held-out pairs.

{_table(("what would leak", "count"), ([what.replace("_", " "), n] for what, n in trained.split_audit.items()))}

## Probabilities
{_probabilities(**trained.probabilities)}
{_intervals(metrics.get("intervals"))}
![Observed shares of edges by predicted probability, raw and calibrated](reliability.svg)

## To reproduce
Train with the same data and these settings; the same machine gives the same bytes.

{_table(("setting", "value"), config.model_dump().items())}
"""


def _first_sentence(config: TrainingConfig) -> str:
    kind = f"A{'n' if config.model == 'ae' else ''} {config.model.upper()} with the encoder `{config.encoder}`"
    if config.sees_graph:
        return f"{kind}; the probability of an edge is σ(zᵢᵀzⱼ) with z = μ."
    return f"{kind}: embeddings z = μ of each node's features; the scores of pairs are σ(zᵢᵀzⱼ)."


def _reconstruction(graph: Graph, config: TrainingConfig, metrics: Mapping[str, Any]) -> str:
    """How a model of features was evaluated as what it is, beside what it has to beat."""
    if config.sees_graph:
        return ""
    pca = "the PCA has as many dimensions as the model" if "pca" in metrics["reconstruction"] else _NO_PCA
    encoded = "" if graph.preprocessing is None else _ENCODED
    return f"""
Nodes were split at random, too, {config.validation:.0%} for validation and {config.test:.0%} for the test: the model learned from
the features of training rows only, its epoch has the least loss on the validation rows, and the test rows were read once. Below,
their reconstruction: summed over the known cells of a row, averaged over rows, in nats where features are binary. What the
baselines say of those is clipped to (ε, 1 − ε) with the ε that suits each best on the test rows; {pca}.{encoded}

{_table(("test rows", "error"), reconstruction_texts(metrics))}
"""


def _warning(graph: Graph, config: TrainingConfig, metrics: Mapping[str, Any]) -> str:
    """The card's first lines: that a model of features predicts no links, or that a heuristic predicts them better."""
    if not config.sees_graph:
        return (
            f"\n**This model has learned features, not links: its test AP for edges is {metrics['test']['ap']:.4f}. "
            "For links train a GAE or VGAE.**\n"
        )
    if not (stronger := stronger_baselines(metrics)):
        return ""
    shown = ", ".join(f"{name.replace('_', ' ')} ({metrics['baselines'][name]['ap']:.4f})" for name in stronger)
    reason = why_beaten(metrics, graph.n_features) or ""
    beaten = f"**On this graph a heuristic beats the model's test AP of {metrics['test']['ap']:.4f}: {shown}.**"
    return f"\n{beaten} {reason}".rstrip() + "\n"


def _how(config: TrainingConfig) -> str:
    return "at random" if config.time_column is None else f"by `{config.time_column}`, the earliest for training,"


def _undirected(graph: Graph) -> str:
    return "undirected edges" if graph.weights is None else "undirected edges with weights"


def _features(graph: Graph) -> str:
    if graph.n_features == 0:
        return "no features: each node has a learned row"
    missing = count_missing(graph.features)
    return f"{graph.n_features:,} features a node" + (f", {missing:,} cells missing" if missing else "")


def _refit(graph: Graph, config: TrainingConfig, trained: Trained) -> str:
    rows = " Each node has a learned row beside its features." if trained.node_embeddings and graph.n_features else ""
    if not config.refit:
        return f"The evaluated weights are served; {len(trained.heldout):,} held-out edges were kept from the encoder.{rows}"
    if not config.sees_graph:
        return (
            f"After evaluation the model was trained again on all {graph.n_nodes:,} rows for {trained.epoch} epochs. The metrics "
            "are of the evaluated run."
        )
    return (
        f"After evaluation the model was trained again on all {graph.n_edges:,} edges for {trained.epoch} epochs; the served "
        f"embeddings know every edge of the data. The metrics are of the evaluated run.{rows}"
    )


def _unseen(graph: Graph, metrics: Mapping[str, Any]) -> str:
    """What became of nodes that were hidden, where some were."""
    if (unseen := metrics.get("unseen")) is None:
        return ""
    approximate = (
        "\nWithout features a stranger has no row of its own, and its vector is flagged `approximate`; what that is worth, "
        "the table of its links says."
        if graph.n_features == 0
        else ""
    )
    tables = "\n".join(
        f"\n{unseen[part]['links']:,} links of strangers {what}:\n\n{_table(('edges', *_COLUMNS), _strangers(unseen[part]))}\n"
        for part, what in (("with_links", "with others to be embedded by"), ("features_alone", "with features alone"))
        if unseen[part] is not None
    )
    rows = _table(("edges", *_COLUMNS), [["known nodes", *map(_number, map(unseen["transductive"].get, _COLUMNS))]])
    return f"""## Nodes that were not there
{unseen["hidden"]:,} nodes were hidden from one more training: their links, their features, and whatever is fitted to these. Each
was then embedded as a stranger, leaving one out: for each of its links to a visible node, by its other visible neighbours and its
features, and the link was scored beside nodes that it isn't linked to; one for AUC, AP and Hits@K, 100 for MRR. Of the same
training, test links among visible nodes:

{rows}
{tables}{approximate}
"""


def _strangers(part: Mapping[str, Any]) -> Iterable[list[str]]:
    for name, row in part.items():
        if name != "links":
            shown = "**this model**" if name == "model" else name.replace("_", " ")
            yield [shown, *map(_number, map(row.get, _COLUMNS))]


def _posterior(trained: Trained) -> str:
    if (facts := trained.posterior) is None:
        return ""
    return (
        f"\nThe served posterior has a median σ of {facts['median_sigma']:.4f} and lies {facts['kl_per_node']:.4f} nats a node "
        "from N(0, I); with σ = 1 and 0 nats it would have learned nothing.\n"
    )


def _probabilities(calibration: Mapping[str, Any], thresholds: Mapping[str, Any]) -> str:
    """What raw probabilities are worth, what calibration and cut-offs make of them, and on which pairs that was seen."""
    balanced, sparse = calibration["balanced"], calibration["sparse"]
    rows = [
        (f"{what}, {when} calibration", part[key]["ece"], part[key]["brier"])
        for what, part in (
            ("one edge to one non-edge", balanced),
            (f"{sparse['prior']:.3g} of all pairs linked", sparse),
        )
        for when, key in (("before", "before"), ("after", "after"))
    ]
    table = _table(("test pairs", "ECE", "Brier"), ([what, _number(ece), _number(brier)] for what, ece, brier in rows))
    slope, bend, intercept = (calibration[name] for name in ("slope", "bend", "intercept"))
    curve = f"{slope:.4f} s {intercept:+.4f}" if bend == 0 else f"{slope:.4f} s {bend:+.4f} k(s) {intercept:+.4f}"
    method = "(Platt)" if bend == 0 else "with k(s) = 2 log cosh(s/2) (beta calibration)"
    return f"""Raw probabilities σ(zᵢᵀzⱼ) rank pairs. The mean logit over all pairs can't be negative, so that they
average about 0.5 however sparse the graph is. Calibrated, the odds of a pair with logit s are those of the prior times
exp({curve}), fitted to validation edges and other
non-edges than the test's {method}. ECE is over ten bins of equal width; a perfect
calibration would show {balanced["noise_floor"]:.4f} on so many test pairs at one edge to one non-edge. The prior that is
served is {calibration["prior"]:.3g}, the share of all pairs that is linked.

{table}

Cut-offs come from {thresholds["validation_links"]:,} validation links and {_counted(thresholds)} pairs without a link.
The test links, which they were not made of, say how far to trust them:

{_cuts(thresholds)}"""


def _intervals(facts: Mapping[str, Any] | None) -> str:
    """What the posterior's intervals hold, and what their widths say."""
    if facts is None:
        return ""
    rank = facts["rank_correlation"]
    told = "says nothing of" if rank is None else f"has a rank correlation of {rank:.2f} (Spearman) with"
    return f"""
The closed form's interval of {facts["level"]:.0%} holds {facts["coverage"]:.1%} of {facts["samples"]:,} samples of the
posterior's logits. The width of the probability's interval {told} the error |y − p| on test pairs.
"""


def _counted(thresholds: Mapping[str, Any]) -> str:
    share = thresholds["counted_share"]
    return "all" if share == 1 else f"{share:.2g} of all"


def _cuts(thresholds: Mapping[str, Any]) -> str:
    checks = thresholds["checks"]
    rows = ([f"{c['recall']:.3f}", f"{c['recall_on_test']:.3f}", f"{c['false_links']:,.0f}"] for c in checks)
    return _table(("recall promised", "recall on test", "unlinked pairs above the cut-off"), rows)


def _strata(strata: Mapping[str, Mapping[str, Any]]) -> Iterable[list[str]]:
    for name, row in strata.items():
        yield [
            name.replace("_", " "),
            str(row["positives"]),
            str(row["negatives"]),
            _number(row["auc"]),
            _number(row["ap"]),
        ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _table(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    lines = [list(header), *([str(cell) for cell in row] for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
