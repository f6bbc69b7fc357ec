"""`MODEL_CARD.md`: the facts of a training for people."""

from collections.abc import Iterable

from latentlink.models.checkpoint.baselines import COMPARED, beaten_on, why_beaten
from latentlink.models.config import TrainingConfig
from latentlink.models.facts.metrics import Metrics
from latentlink.models.facts.probabilities import MIN_EDGES
from latentlink.models.facts.training import Posterior
from latentlink.models.facts.used_parts import UsedParts
from latentlink.models.graph.features import count_missing
from latentlink.models.graph.graph import Graph
from latentlink.models.publishing.card_data import columns_section
from latentlink.models.publishing.card_metadata import front_matter
from latentlink.models.publishing.card_metrics import (
    links_section,
    new_nodes_section,
    parts_section,
    reconstruction_section,
)
from latentlink.models.publishing.card_probabilities import probabilities_section
from latentlink.models.publishing.card_relations import relations_section
from latentlink.models.publishing.markdown import number, one_line, table, words
from latentlink.models.recipes import GIVEN, MADE_ELSEWHERE
from latentlink.models.training.trained import Trained
from latentlink.models.wording import MOST_LISTED, count, listed

_CURVE = "\n![Loss, and scores on validation, by epoch](curve.svg)\n"


def model_card(name: str, graph: Graph, config: TrainingConfig, trained: Trained) -> str:
    """The card, in Markdown below metadata in YAML."""
    metrics, split = trained.metrics, trained.split.sizes
    used, best = used_parts(config, trained), _best(config, trained)
    notes = "".join(f"\n{note}\n" for note in (*graph.notes, *trained.notes))
    return f"""{front_matter(name, graph, config, metrics)}
# {name}
{_warning(graph, config, metrics)}
{_first_sentence(config, trained)}

## Data
{graph.n_nodes:,} nodes, {graph.n_edges:,} {_edges(graph)}, {_features(graph, config)}.{_types(graph)}{_symmetric(graph)}
Duplicate edges that were merged: {graph.duplicates:,}; self-loops that were dropped: {graph.self_loops:,}.
Fingerprint `{graph.fingerprint()}`.
{columns_section(graph.preprocessing)}
## Evaluation
Edges were split {_how(config, trained)} as {_pairs(graph)}: {split.train:,} for training, {split.validation:,} for selecting the
{_selected(config, trained)} and {split.test:,} for the report, the latter two with as many {_negatives(graph)};
`split.safetensors` holds them. {_leak_free(config)}{best}.
{reconstruction_section(graph, config, metrics)}{_CURVE if trained.curve else ""}{notes}
{relations_section(metrics) if metrics.relations else links_section(graph, metrics)}
{parts_section(used, config, split.validation, metrics)}
{new_nodes_section(graph, metrics.unseen)}
{_refit(graph, config, trained)}
{_posterior(trained.posterior)}
{_module(trained.module)}## Split audit
A model is published only if every count is 0. {_last_count(config)}

{table(("leak", "count"), ([words(what), count] for what, count in trained.split_audit))}

## Probabilities
{probabilities_section(trained.probabilities, metrics.intervals, sums=used is not None or graph.relations is not None)}
{_reliability(split.test)}

## To reproduce
Train with the same data and these settings; the same machine gives the same bytes.

{table(("setting", "value"), config.settings.items())}
"""


def used_parts(config: TrainingConfig, trained: Trained) -> UsedParts | None:
    """What the served logits are sums of, or None where they are the encoder's inner product alone."""
    made = trained.embeddings
    return None if made.parts is None else UsedParts(made.parts, config.parts, made.weights)


def _first_sentence(config: TrainingConfig, trained: Trained) -> str:
    kind = f"A{'n' if config.model == 'ae' else ''} {config.model.upper()} with the encoder `{config.encoder}`"
    if made := MADE_ELSEWHERE.get(config.encoder):
        kind = f"{made.capitalize()} that were made elsewhere, published as given with the encoder `{config.encoder}`"
    if (used := used_parts(config, trained)) is not None and not used.parts.dense:
        return (
            f"A model without an encoder: {used.chooser} left out that of `{config.model}`, `{config.encoder}`. The "
            "probability of an edge is σ of a sum of [parts](#parts)."
        )
    if used is not None:
        return f"{kind}; the probability of an edge is σ of a sum of [parts](#parts)."
    if config.of_relations:
        return (
            "A ComplEx model: a vector of each node, and weights of each relation. The probability of an edge from i to j by the "
            "relation r is\nσ(Re⟨zᵢ, r, z̄ⱼ⟩), if half of all pairs are linked by r; z = μ has all real parts before the "
            "imaginary ones."
        )
    if config.sees_graph:
        return f"{kind}; the probability of an edge is σ(zᵢᵀzⱼ) with z = μ."
    return f"{kind}: embeddings z = μ of each node's features; the scores of pairs are σ(zᵢᵀzⱼ)."


def _warning(graph: Graph, config: TrainingConfig, metrics: Metrics) -> str:
    """The first lines of the card: a warning for a model of features, or if a heuristic beats the model."""
    if not config.sees_graph:
        return (
            f"\n**This model has learned features, not links: its test AP for edges is {number(metrics.test.ap)}. "
            "For links train a GAE or VGAE.**\n"
        )
    if not (beaten := beaten_on(metrics)):
        return ""
    lines = "\n".join(_ahead(metrics, metric, names) for metric, names in beaten.items())
    reason = why_beaten(metrics, graph.n_features)
    because = f"\n{reason}\n" if reason else ""
    return f"\n**On this graph heuristics beat the model on the test.**\n\n{lines}\n{because}"


def _ahead(metrics: Metrics, metric: str, names: Iterable[str]) -> str:
    """A line on one metric: the model's value, and the heuristics above it."""
    value = metrics.test.by_name()[metric]
    shown = ", ".join(f"{words(name)} ({number(metrics.baselines[name].by_name()[metric])})" for name in names)
    return f"- {COMPARED[metric]}: {number(value)} of the model, behind {shown}."


def _selected(config: TrainingConfig, trained: Trained) -> str:
    """What validation selected."""
    if trained.embeddings.parts is None:
        return "epoch"
    weights = "parts and their weights" if config.parts == "auto" else "weights of the parts"
    return f"epoch, the {weights}" if trained.curve else weights


def _best(config: TrainingConfig, trained: Trained) -> str:
    return f";\nepoch {trained.epoch} of {config.epochs} was best on validation" if trained.curve else ""


def _leak_free(config: TrainingConfig) -> str:
    if made := MADE_ELSEWHERE.get(config.encoder):
        return f"The heuristics were given training edges only, and so were the {made}, as their publisher states"
    return "The encoder, the training negatives and the heuristics were given training edges only"


def _last_count(config: TrainingConfig) -> str:
    if made := MADE_ELSEWHERE.get(config.encoder):
        return f"Which edges the {made} were made of can't be counted."
    return "The last one counts held-out pairs among the encoder's message-passing edges."


def _reliability(edges: int) -> str:
    if edges >= MIN_EDGES:
        return "![Observed shares of edges by predicted probability, raw and calibrated](reliability.svg)"
    return f"The test has {edges:,} edges; a reliability curve is drawn from {MIN_EDGES} on, ten for each of its bins."


def _how(config: TrainingConfig, trained: Trained) -> str:
    if trained.split.given:
        return "by a given split (`--split` or `--split-column`),"
    return "at random" if config.time_column is None else f"by `{config.time_column}`, the earliest for training,"


def _pairs(graph: Graph) -> str:
    if graph.relations is not None:
        return "triples"
    return "ordered pairs" if graph.directed else "undirected pairs"


def _edges(graph: Graph) -> str:
    if graph.relations is not None:
        return f"directed edges of {count(len(graph.relations.names), 'relation')}"
    return f"{'directed' if graph.directed else 'undirected'} edges" + " with weights" * (graph.weights is not None)


def _negatives(graph: Graph) -> str:
    return "uniform non-edges" if graph.relations is None else "unlinked pairs of their relations"


def _symmetric(graph: Graph) -> str:
    if graph.directed or graph.bipartite:  # between two groups there is no direction to ask for
        return ""
    return " The score\nof a pair is the same in both directions, so that no direction is predicted (AUC 0.50)."


def _types(graph: Graph) -> str:
    if graph.types is None:
        return ""
    names = [one_line(name) for name in graph.types.names]
    counts = zip(names, graph.types.counts().values(), strict=True)
    sizes = listed((f"{n:,} of type {name}" for name, n in counts), MOST_LISTED)
    pairs = listed((f"{names[one]} and {names[other]}" for one, other in graph.types.linked.tolist()), MOST_LISTED)
    return f"\nOf the nodes are {sizes}. Links go between {pairs}; non-edges, candidates and ranks below are of such pairs alone."


def _features(graph: Graph, config: TrainingConfig) -> str:
    if config.encoder == GIVEN:
        return "vectors that were given"
    if graph.n_features == 0:
        return "no features: each node has a learned embedding"
    missing = count_missing(graph.features)
    return f"{count(graph.n_features, 'feature')} a node" + (f", {missing:,} cells missing" if missing else "")


def _refit(graph: Graph, config: TrainingConfig, trained: Trained) -> str:
    learned = trained.node_embeddings and graph.n_features
    rows = " Each node has a learned embedding beside its features." if learned else ""
    if made := MADE_ELSEWHERE.get(config.encoder):
        return f"The {made} are served as they were given; {len(trained.heldout):,} held-out edges are no known links."
    if not config.refit:
        return (
            f"The evaluated weights are served; the encoder does not use {len(trained.heldout):,} held-out edges.{rows}"
        )
    if trained.embeddings.parts is not None and not trained.embeddings.parts.dense:
        fit = (
            "the epochs, the curve and the settings of the encoder describe a fit that is not served"
            if trained.curve
            else ""
        )
        return (
            f"The encoder is left out{fit and ': '}{fit}. After evaluation the other parts were made of all {graph.n_edges:,} "
            "edges; the metrics are of the evaluated run."
        )
    if not config.sees_graph:
        return (
            f"After evaluation the model was trained again on all {graph.n_nodes:,} rows for {trained.epoch} epochs. The metrics "
            "are of the evaluated run."
        )
    return (
        f"After evaluation the model was trained again on all {graph.n_edges:,} edges for {trained.epoch} epochs; the served "
        f"embeddings know every edge of the data. The metrics are of the evaluated run.{rows}"
    )


def _module(text: str | None) -> str:
    """The encoder as torch prints it, where it is a torch module."""
    if text is None:
        return ""
    return f"## Encoder\nA torch module; the service reads its vectors, and can't run it:\n\n~~~text\n{text}\n~~~\n\n"


def _posterior(facts: Posterior | None) -> str:
    if facts is None:
        return ""
    return (
        f"\nThe served posterior has a median σ of {facts.median_sigma:.4f} and lies {facts.kl_per_node:.4f} nats a node "
        "from N(0, I); σ = 1 and 0 nats would mean a collapsed posterior.\n"
    )
