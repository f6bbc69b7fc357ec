"""Estimates before a training begins: bytes of memory, and multiply-adds of a step."""

from typing import NamedTuple, Self

from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.evaluation.eigenvectors import search_bytes
from latentlink.models.evaluation.evaluate import CANDIDATES_PER_END, RANKED
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.features import Features
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.roles import role_pairs, role_types
from latentlink.models.training.parts.measuring import BLOCK, CANDIDATES, QUERIES
from latentlink.models.training.parts.spectrum import Kind, rank_of
from latentlink.models.training.relational.cost import relational_bytes, relational_step_work
from latentlink.models.training.trainers.feature_trainer import batch_rows
from latentlink.models.training.trainers.link_trainer import BATCH_EDGES, SAMPLED_EDGES
from latentlink.models.training.trainers.neighbor_sampling import FAN_OUT, sampled_nodes
from latentlink.models.training.trainers.shared_negatives import SCORES, SHARED_NEGATIVES

_GIB = 2**30
_OF_SCORE = 200  # bytes of a pair of a validation node with any node, by all compositions at once
_OF_RANKED = 180  # bytes of a pair that a test edge is ranked against, by all heuristics
_OF_CANDIDATE = 500  # bytes of a candidate of a validation link, of all terms
_OF_NEGATIVE = 8  # bytes of a node's logit with a negative, which is made beside its exponential


class _Size(NamedTuple):
    """What is trained: the nodes of a graph, or the two roles of each where links are directed.

    Attributes:
        rows: N, or 2N.
        links: E.
        entries: of Â: each link and each pair of roles in both directions, and a self-loop of each row.
        stored: numbers of the encoder's input, of sparse features those that aren't 0.
        columns: of the spectrum, at most.
    """

    rows: int
    links: int
    entries: int
    stored: int
    columns: int

    @classmethod
    def of(cls, graph: Graph, config: TrainingConfig) -> Self:
        """The size of a training; nothing is copied but edges."""
        n, roles, x = graph.n_nodes, 1 + graph.directed, graph.features
        return cls(
            rows=roles * n,
            links=graph.n_edges,
            entries=2 * (graph.n_edges + n * graph.directed) + roles * n,
            # Dense features of a role have zeros in place of those of the other one.
            stored=0 if x is None else roles * len(x.data) if isinstance(x, CSR) else roles**2 * x.size,
            columns=_columns(graph) if "spectral" in config.part_names else 0,
        )


def _columns(graph: Graph) -> int:
    """How many spectral columns a training has at most."""
    if not graph.directed:
        return rank_of(graph)
    n = graph.n_nodes
    return rank_of(Graph(range(2 * n), role_pairs(graph.edges, n), types=role_types(n)))  # type: ignore[arg-type] # counted


def training_bytes(graph: Graph, config: TrainingConfig) -> int:
    """Peak memory of a training of links in bytes, without the graph, which is in memory already; within about a third.

    It has the layout of Â and its message-passing part, and node embeddings with gradient and two moments; of directed links
    also the features of both roles. With neighbor sampling a step or an embedding of all nodes comes on top; without it the
    tensors (N, D) of a step and of its gradient, the features with and without dropout, and the pairs of a step. What the test
    needs beside the embeddings or the choice of parts counts where that is more; it does not depend on how the edges are spread,
    so that a hub costs what its links cost. Without "dense" among the named parts there is no encoder, and nothing of it.
    """
    if config.of_relations:
        return relational_bytes(graph, config)
    size = _Size.of(graph, config)
    if "dense" not in config.part_names:
        return 24 * size.links + max(_tested_bytes(size, config, 0), _parts_bytes(size, config, 0, 0))
    x, d, heads = graph.features, config.dim, 1 + config.variational
    tables = 4 * (config.node_embeddings != "off" or x is None)
    both_roles = (24 * size.stored if isinstance(x, CSR) else 8 * size.stored) if graph.directed else 0
    shared = 4 * size.rows * d * tables + 40 * size.entries + 24 * size.links + both_roles
    two_fits = config.node_embeddings == "auto" and x is not None
    later = max(_tested_bytes(size, config, d), _parts_bytes(size, config, d, 1 + two_fits))
    if config.of_module:
        return 56 * size.links + max(_module_bytes(size, config, graph), later)
    if config.neighbor_sampling == "on":
        before = 4 * size.rows * d * heads * two_fits
        embedding = 4 * size.rows * (d * heads + 32)
        return shared + before + max(_sampled_bytes(size, config, x), embedding, later)
    features = (40 if isinstance(x, CSR) else 12) * size.stored
    pairs = 2 * min(size.links, BATCH_EDGES) * (60 + 4 * d // 16) + _OF_NEGATIVE * _scores(graph)
    return shared + max(4 * size.rows * d * (9 if config.variational else 5) + features + pairs, later)


def _module_bytes(size: _Size, config: TrainingConfig, graph: Graph) -> int:
    """Of a step of a torch module, taken for two layers of attention, which have five numbers of each entry and hidden column.

    Layers without attention take half of that; the first may send features, which are dense, along each entry as they are. With
    neighbor sampling a step takes its sample; the vectors of all nodes are made without gradients.
    """
    width, roles = (1 + graph.directed) * graph.n_features or config.dim, size.rows
    table = 4 * roles * config.dim * (4 if graph.features is None else 0)
    if config.neighbor_sampling == "off":
        step = _module_step_bytes(roles, size.entries, width, config) + _OF_NEGATIVE * _scores(graph)
        return step + table + 4 * roles * width
    nodes = sampled_nodes(roles, size.links, config)
    step = _module_step_bytes(nodes, min(size.entries, (1 + FAN_OUT) * nodes), width, config)
    # Vectors of all nodes, of one layer after the other, since nothing is kept for a gradient.
    whole = 4 * roles * (width + 2 * config.hidden + 2 * config.dim) + 4 * size.entries * max(width, 2 * config.hidden)
    return max(step, whole) + table + 4 * roles * width + 24 * size.entries


def _module_step_bytes(nodes: int, entries: int, width: int, config: TrainingConfig) -> int:
    """Of the tensors of a step on some nodes, and their entries of Â: features, a copy, layers and their gradients."""
    return 4 * nodes * (2 * width + 4 * config.hidden + 5 * config.dim) + 4 * entries * max(width, 5 * config.hidden)


def _sampled_bytes(size: _Size, config: TrainingConfig, x: Features | None) -> int:
    """Of a step on a sampled neighborhood."""
    nodes = sampled_nodes(size.rows, size.links, config)
    features = (40 if isinstance(x, CSR) else 12) * size.stored // size.rows
    return nodes * (4 * config.dim * (7 if config.variational else 5) + features + 100 * FAN_OUT)


def _tested_bytes(size: _Size, config: TrainingConfig, d: int) -> int:
    """Of the embeddings, with d columns of an encoder, and the candidates of the ranked edges, scored by each heuristic."""
    ranked = min(RANKED, max(1, int(config.test * size.links)))
    vectors = 4 * size.rows * d * (1 + config.variational)
    columns = 0 if config.parts == "dense" else 4 * size.rows * (d + 3 * size.columns + 4)
    return vectors + columns + _OF_RANKED * 2 * CANDIDATES_PER_END * ranked


def _parts_bytes(size: _Size, config: TrainingConfig, d: int, fits: int) -> int:
    """Of the choice of parts: the embeddings (N, d) of each fit, the spectra, the search of one, and the scores of validation."""
    if config.parts == "dense":
        return 0
    links = min(QUERIES, 2 * max(1, int(config.validation * size.links)))
    scored = _OF_SCORE * max(size.rows, min(BLOCK, links * size.rows)) + _OF_CANDIDATE * CANDIDATES * links
    kept = 4 * size.rows * (d * (1 + config.variational) * fits + len(Kind) * size.columns)
    return kept + max(search_bytes(size.rows, size.columns) if size.columns else 0, scored)


def decide_sampling(graph: Graph, config: TrainingConfig, available: int | None) -> TrainingConfig:
    """`config` with its neighbor sampling decided: "auto" becomes "on" where only samples fit into memory, else "off".

    Args:
        graph: in memory already.
        config: hyperparameters.
        available: bytes of memory, or None where that is unknown.

    Raises:
        DataError: a training of links would run out of memory; the message names the first change that fits, if any.
    """
    ways = ("off", "on") if config.neighbor_sampling == "auto" else (config.neighbor_sampling,)
    decided = [config.model_copy(update={"neighbor_sampling": way}) for way in ways]
    if available is None or not config.sees_graph:
        return decided[0]
    if fitting := next((c for c in decided if training_bytes(graph, c) <= available), None):
        return fitting
    least = min(decided, key=lambda c: training_bytes(graph, c))
    needed = training_bytes(graph, least) / _GIB
    learned = "dense" in config.part_names and (config.node_embeddings != "off" or graph.features is None)
    embeddings = " with a learned embedding each" if learned else ""
    raise DataError(
        f"memory: expected a training that fits into the {available / _GIB:.1f} GiB that are left, found {graph.n_nodes:,} nodes"
        f"{embeddings} and {graph.n_edges:,} edges with d = {config.dim}, which take about {needed:.1f} GiB"
        f"{' even with neighbor sampling' if least.neighbor_sampling == 'on' else ''}; {_advice(graph, least, available)}"
    )


def _advice(graph: Graph, config: TrainingConfig, available: int) -> str:
    """The first change that makes the training fit, those with the least effect first."""
    widths = (2**bits for bits in range(12, 2, -1) if 2**bits < config.dim)
    changes: list[dict[str, object]] = [{"neighbor_sampling": "on"}]
    changes += [{"node_embeddings": "off"}] if graph.features is not None and not config.of_module else []
    for change in [*changes, *({"dim": width} for width in widths)]:
        if training_bytes(graph, config.model_copy(update=change)) <= available:
            [(name, value)] = change.items()
            return f"--{name.replace('_', '-')} {value} fits, or train where there is more"
    return "train where there is more"


def step_work(graph: Graph, config: TrainingConfig) -> int:
    """Multiply-adds of one training step, forward and backward; the number of threads depends on it."""
    if not config.sees_graph:
        return feature_step_work(graph.features, config)
    if config.of_relations:
        return relational_step_work(graph, config)
    size = _Size.of(graph, config)
    inputs = size.rows if graph.features is None else size.stored
    if config.of_module:
        inputs = size.rows * ((1 + graph.directed) * graph.n_features or config.dim)
    layered = config.encoder == "gcn" or config.of_module
    width = config.hidden if layered else config.dim
    latent = config.dim * (2 if config.variational else 1)
    entries, batch = size.entries, BATCH_EDGES
    if config.neighbor_sampling == "on":
        nodes, batch = sampled_nodes(size.rows, size.links, config), SAMPLED_EDGES
        inputs, entries = inputs * nodes // size.rows, min(entries, (1 + FAN_OUT) * nodes)
    propagated = width + latent if layered else config.hops * config.dim
    compared = 2 * min(size.links, batch) + (_scores(graph) if config.neighbor_sampling == "off" else 0)
    return 2 * (inputs * width + entries * propagated + compared * config.dim)


def _scores(graph: Graph) -> int:
    """Logits of nodes with their negatives, at most, in a step on all nodes of a graph with two groups of types."""
    if graph.types is None or not graph.bipartite:
        return 0
    fewest = graph.n_nodes * len(graph.types.linked)  # one negative each
    return max(fewest, min(SHARED_NEGATIVES * fewest, SCORES))


def feature_step_work(features: Features | None, config: TrainingConfig) -> int:
    """Multiply-adds of one step on a mini-batch, forward and backward."""
    if features is None:
        return 0
    n, width = int(features.shape[0]), int(features.shape[1])
    rows = batch_rows(n, width)
    stored = len(features.data) // max(n, 1) + 1 if isinstance(features, CSR) else width
    return 2 * rows * (stored * config.hidden + width * (config.dim + config.hidden))
