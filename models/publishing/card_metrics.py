"""The sections of a model card on metrics: local evidence, reconstruction and new nodes."""

from latentlink.models.config import TrainingConfig
from latentlink.models.facts.metrics import Metrics, NewNodeMetrics, NewNodes
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.decoder import reconstruction_texts
from latentlink.models.inference.local_evidence import COLD_BELOW, MAX_DISTANCE
from latentlink.models.publishing.markdown import metrics_table, strata_table, table

_NO_PCA = "a PCA of as many\ndimensions as the model gives back every row of so few features as it is, and is left out"
_ENCODED = """
How columns are encoded (means, deviations, the values of categories and lists, what is ignored) was fitted on all rows, those
of validation and test among them; the errors of the model and of the baselines are in those units."""


def links_section(metrics: Metrics) -> str:
    """Metrics of links: of the model and of heuristics, and of parts of the test pairs."""
    scores = {"validation": metrics.validation, "**this model**": metrics.test, **metrics.baselines}
    return f"""\
Test, the model beside heuristics on the same pairs; Hits@K is the share of edges above the K-th best non-edge, MRR ranks each
edge among 100 pairs that share an end with it and are not linked.

{metrics_table(scores.items())}

![How many test edges and non-edges have which probability](scores.svg)

By the end with fewer links: cold up to the lower quartile of all degrees, hub above the upper one.

{strata_table(metrics.strata.items())}

By local evidence in the graph of the training edges: cold start where an end has fewer than {COLD_BELOW} of them, and
the steps from one end to the other, farther from {MAX_DISTANCE + 1} on.

{strata_table(metrics.support.items())}
"""


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
    """Metrics of nodes that were hidden and embedded as new nodes; empty where none were."""
    if facts is None:
        return ""
    approximate = (
        "\nWithout features a new node has no learned embedding, and its vector is flagged `approximate`; the table of its "
        "links\nshows how well it predicts."
        if graph.n_features == 0
        else ""
    )
    parts = (
        (facts.with_links, "with others to be embedded by"),
        (facts.features_alone, "with features alone"),
    )
    tables = "\n".join(_new_node_links(part, given) for part, given in parts if part is not None)
    return f"""## New nodes
{facts.hidden:,} nodes were hidden from one more training: their links, their features, and whatever is fitted to these. Each
was then embedded as a new node, leave-one-out: for each of its links to a known node, by its other known neighbours and its
features, and the link was scored beside nodes that it isn't linked to; one for AUC, AP and Hits@K, 100 for MRR. Of the same
training, test links between known nodes:

{metrics_table([("known nodes", facts.transductive)])}
{tables}{approximate}
"""


def _new_node_links(part: NewNodeMetrics, given: str) -> str:
    rows = (("**this model**" if name == "model" else name, scores) for name, scores in part.rows().items())
    return f"\n{part.links:,} links of new nodes {given}:\n\n{metrics_table(rows)}\n"
