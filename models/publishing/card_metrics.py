"""The sections of a model card on metrics: local evidence, reconstruction and new nodes."""

from latentlink.models.config import TrainingConfig
from latentlink.models.facts.metrics import FEWEST_DIRECTIONS, Metrics, NewNodeMetrics, NewNodes
from latentlink.models.facts.used_parts import UsedParts
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.decoder import reconstruction_texts
from latentlink.models.inference.local_evidence import COLD_BELOW, MAX_DISTANCE
from latentlink.models.publishing.markdown import metrics_table, one_line, strata_table, table, words
from latentlink.models.wording import listed

_NO_PCA = "a PCA of as many\ndimensions as the model reproduces so few features exactly, and is left out"
_NO_CHOICE = """## Parts
A logit is the inner product of the encoder's columns alone: validation links are too few to choose other parts by ({:,}).
"""
_GIVEN = "The parts were given by `--parts`; their weights were fitted to validation."
_NO_ENCODER = "The encoder's columns are left out; so the model has no posterior, and does not use features.\n"
_ENCODED = """
The encoding of columns (means, deviations, the values of categories and lists, ignored columns) was fitted on all rows,
including those of validation and test; the errors of the model and of the baselines are in those units."""


def links_section(graph: Graph, metrics: Metrics) -> str:
    """Metrics of the model and of heuristics on links, and of the model on parts of the test pairs."""
    scores = {"validation": metrics.validation, "**this model**": metrics.test, **metrics.baselines}
    return f"""\
Test, the model beside heuristics on the same pairs; Hits@K is the share of edges above the K-th best non-edge, MRR ranks each
edge among 100 pairs that share an end with it and are not linked. Full MRR and full Hits@10 rank one end of an edge among all
nodes that the other is not linked to{_ranked(metrics)}.{_lists(graph, metrics)}{_left_out(metrics)}{_direction(metrics)}

{metrics_table(scores.items())}

![Histogram of the probabilities of test edges and non-edges](scores.svg)

By the degree of the end with fewer links: cold up to the lower quartile of all degrees, hub above the upper one.

{strata_table(metrics.strata.items())}

By local evidence in the graph of the training edges: cold start if an end has fewer than {COLD_BELOW} links, and by the
distance of the ends in steps; farther means at least {MAX_DISTANCE + 1}.

{strata_table(metrics.support.items())}
"""


def parts_section(used: UsedParts | None, config: TrainingConfig, validation: int, metrics: Metrics) -> str:
    """What a logit is the sum of, and what each part adds.

    Args:
        used: by the served embeddings, or None where a logit is the encoder's inner product alone.
        config: whether validation could choose.
        validation: number of validation links.
        metrics: of the model, and of the model without each of the parts.
    """
    if used is None:
        return _NO_CHOICE.format(validation) if config.parts == "auto" else ""
    parts = used.parts
    columns = (
        (parts.dense, f"dense: the inner product of {parts.dense:,} columns of the encoder"),
        (parts.spectral, f"spectral: the inner product of {parts.spectral:,} eigenvectors of the known graph"),
        (parts.shared_links, "shared links: a weight of each node that known links connect to both"),
        (used.by_degree, "bias: of each node by its number of links, with a constant"),
        (parts.bias and not used.by_degree, "a constant"),
    )
    terms = [what for there, what in columns if there]
    terms += [f"{words(name)}: fitted weight 0, so that the model has none" for name in used.of_weight_0]
    listed = "\n".join(f"- {term}" for term in terms)
    chosen = "Validation chose the parts and their weights." if config.parts == "auto" else _GIVEN
    return f"""## Parts
A logit is the sum of:

{listed}

{chosen}
{"" if parts.dense else _NO_ENCODER}{_without(metrics)}"""


def _without(metrics: Metrics) -> str:
    """Rows without one of the parts each; empty where there is one part alone."""
    if not metrics.without:
        return ""
    rows = {"**this model**": metrics.test, **{f"without {part}": scores for part, scores in metrics.without.items()}}
    return f"""The test without one part each, the others' weights fitted anew; MRR is measured for the whole model alone:

{metrics_table(rows.items())}
"""


def _ranked(metrics: Metrics) -> str:
    return "" if metrics.ranked_queries is None else f": {metrics.ranked_queries:,} ranks"


def _lists(graph: Graph, metrics: Metrics) -> str:
    if metrics.test.recall_20 is None or graph.types is None or graph.types.groups is None:
        return ""
    first, second = (one_line(listed(names)) for names in graph.types.groups)
    return (
        f"\nRecall@20 and NDCG@20 are those of lists of {second} for each {first}, means over these: all candidates ranked, "
        "without links of\ntraining and validation."
    )


def _direction(metrics: Metrics) -> str:
    """What a directed model's table has beside; empty for others."""
    if metrics.reciprocal is None:
        return ""
    few = (
        ""
        if metrics.test.direction is not None
        else f", which has no figure:\nthere are fewer than {FEWEST_DIRECTIONS}"
    )
    told = (
        ""
        if metrics.test.bidirectional is None
        else ";\nbidirectional is their AUC against one-way training links turned round"
    )
    return (
        f" Direction is the AUC of\none-way test links against the same links turned round{few}. "
        f"Test links with a training link in the opposite direction, from which\na model may learn: {metrics.reciprocal:,}{told}."
    )


def _left_out(metrics: Metrics) -> str:
    names: dict[str, list[str]] = {}
    for name, reason in metrics.left_out.items():
        names.setdefault(reason, []).append(words(name))
    return "".join(f" Not computed: {listed(some)} ({reason})." for reason, some in names.items())


def reconstruction_section(graph: Graph, config: TrainingConfig, metrics: Metrics) -> str:
    """Reconstruction errors of a model of features beside its baselines; empty for a model of links."""
    if config.sees_graph:
        return ""
    pca = "the PCA has as many dimensions as the model" if "pca" in metrics.reconstruction else _NO_PCA
    encoded = _ENCODED if graph.preprocessing is not None and graph.preprocessing.fitted else ""
    return f"""
Nodes were split at random, too, {config.validation:.0%} for validation and {config.test:.0%} for the test: the model learned from
the features of training rows only, its epoch has the least loss on the validation rows, and the test rows were read once. Below,
their reconstruction: summed over the known cells of a row, averaged over rows, in nats where features are binary. The
baselines' probabilities of those are clipped to (ε, 1 − ε) with the ε that suits each best on the test rows; {pca}.{encoded}

{table(("test rows", "error"), reconstruction_texts(metrics))}
"""


def new_nodes_section(graph: Graph, facts: NewNodes | None) -> str:
    """Metrics of nodes that were hidden and embedded as new nodes; empty without such an evaluation."""
    if facts is None:
        return ""
    approximate = (
        "\nWithout features a new node has no learned embedding, and its vector is flagged `approximate`; the table of its "
        "links\nshows how well it predicts."
        if graph.n_features == 0
        else ""
    )
    parts = (
        (facts.with_links, "embedded by other links"),
        (facts.features_alone, "embedded by features alone"),
    )
    tables = "\n".join(_new_node_links(part, given) for part, given in parts if part is not None)
    return f"""## New nodes
{facts.hidden:,} nodes were hidden from one more training, with their links, their features, and all statistics of these. Each
was then embedded as a new node, leave-one-out: for each of its links to a known node, from its other known neighbours and its
features. The link was scored beside nodes without a link to it: one for AUC, AP and Hits@K, 100 for MRR. For comparison, test
links between known nodes in the same training:

{metrics_table([("known nodes", facts.transductive)])}
{tables}{approximate}
"""


def _new_node_links(part: NewNodeMetrics, given: str) -> str:
    rows = (("**this model**" if name == "model" else name, scores) for name, scores in part.rows().items())
    return f"\n{part.links:,} links of new nodes {given}:\n\n{metrics_table(rows)}\n"
