"""Training of directed links: into roles at the beginning, and back to nodes with two vectors each at the end."""

from collections.abc import Callable
from dataclasses import replace

from latentlink.models.arrays import Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.evaluation.splits import Split
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.roles import node_pairs, role_pairs
from latentlink.models.inference.embeddings import Embeddings


def require_undirected(config: TrainingConfig) -> None:
    """Refuse settings that only directed links have.

    Raises:
        DataError: a share of reversed negatives is given.
    """
    if config.reversed_negatives is not None:
        raise DataError(
            "--reversed-negatives: expected it beside --directed, found undirected links; drop it, or pass --directed"
        )


def require_directed(graph: Graph, config: TrainingConfig) -> None:
    """Refuse settings that directed links can't be trained with.

    Raises:
        DataError: nodes have types, the model is one of features, or new nodes are evaluated.
    """
    if graph.types is not None:
        raise DataError(
            "--directed: expected nodes of one type, found types, between which links have no direction of their own here; "
            "drop --directed, or the types"
        )
    if not config.sees_graph:
        raise DataError(
            f"--directed: expected a model of links, found --model {config.model}, whose scores have no direction; drop "
            "--directed, or train a gae or vgae"
        )
    if config.evaluate_unseen is not None:
        raise DataError(
            "--evaluate-unseen: expected undirected links, found --directed, where new nodes are not evaluated; drop one of them"
        )


def require_parts(graph: Graph, config: TrainingConfig) -> None:
    """Refuse a named part that links between two sides, of types or of roles, don't have.

    Raises:
        DataError: shared links are named.
    """
    if "shared_links" in config.parts.split(",") and not graph.ends_share_links:
        where = "between two groups of types" if graph.bipartite else "with --directed"
        raise DataError(
            f"--parts: expected no shared_links {where}, found them: no node is linked to both ends of a link; leave them out"
        )


def split_of_roles(split: Split, n_nodes: int) -> Split:
    """The split of a directed graph of N nodes as one of the graph of its roles; the edges have the same order."""
    return _mapped(split, n_nodes, role_pairs)


def split_of_nodes(split: Split, n_nodes: int) -> Split:
    """The split of a graph of roles with ordered pairs of nodes."""
    return _mapped(split, n_nodes, node_pairs)


def embeddings_of_nodes(embeddings: Embeddings, n_nodes: int) -> Embeddings:
    """The embeddings of 2N roles as those of N nodes: of sources, and beside them of targets."""
    mu, logvar = embeddings.mu, embeddings.logvar
    return replace(
        embeddings,
        mu=mu[:n_nodes],
        logvar=None if logvar is None else logvar[:n_nodes],
        target=mu[n_nodes:],
        target_logvar=None if logvar is None else logvar[n_nodes:],
        edges=node_pairs(embeddings.edges, n_nodes),
    )


def _mapped(split: Split, n_nodes: int, mapped: Callable[[Int64, int], Int64]) -> Split:
    return replace(
        split,
        validation=mapped(split.validation, n_nodes),
        validation_negatives=mapped(split.validation_negatives, n_nodes),
        test=mapped(split.test, n_nodes),
        test_negatives=mapped(split.test_negatives, n_nodes),
    )
