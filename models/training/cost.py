"""Estimates before a training begins: bytes of memory, and multiply-adds of a step."""

from latentlink.models.config import PARTS, TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.evaluation.eigenvectors import search_bytes
from latentlink.models.evaluation.evaluate import CANDIDATES_PER_END, RANKED
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.features import Features
from latentlink.models.graph.graph import Graph
from latentlink.models.training.parts.spectrum import Kind, rank_of
from latentlink.models.training.relational.cost import relational_bytes, relational_step_work
from latentlink.models.training.trainers.feature_trainer import batch_rows
from latentlink.models.training.trainers.neighbor_sampling import FAN_OUT, SAMPLED_EDGES, sampled_nodes
from latentlink.models.training.trainers.trainer import BATCH_EDGES

_GIB = 2**30
_SCORED = 2**20  # pairs of validation nodes with all nodes at once
_OF_SCORE, _OF_TERMS = (
    200,
    50_000,
)  # bytes of such a pair by all compositions, and of the candidates of a validation link
_COMPARED = 2_500  # validation links with candidates, at most


def training_bytes(graph: Graph, config: TrainingConfig) -> int:
    """Peak memory of a training of links in bytes, without the graph, which is in memory already; within about a third.

    It has the layout of Â (2E + N entries) and its message-passing part, and node embeddings with gradient and two moments.
    With neighbor sampling a step or an embedding of all nodes comes on top; without it the tensors (N, D) of a step and of its
    gradient, the features with and without dropout, and the pairs of a step. What the test needs beside the embeddings or the
    choice of parts counts where that is more; it does not depend on how the edges are spread, so that a hub costs what its links
    cost.
    """
    if config.of_relations:
        return relational_bytes(graph, config)
    n, e, d = _rows(graph), graph.n_edges, config.dim
    tables = 4 * (config.node_embeddings != "off" or graph.features is None)
    shared = 4 * n * d * tables + 40 * (2 * e + n) + 24 * e
    if config.neighbor_sampling == "on":
        return shared + _sampled_bytes(graph, config)
    tensors = 9 if config.variational else 5
    x = graph.features
    copies = _rows(graph) // graph.n_nodes
    features = 0 if x is None else 40 * copies * len(x.data) if isinstance(x, CSR) else 12 * copies**2 * x.size
    pairs = 2 * min(e, BATCH_EDGES) * (60 + 4 * d // 16)
    step = 4 * n * d * tensors + features + pairs
    return shared + max(step, _tested_bytes(graph, config), _parts_bytes(graph, config))


def _rows(graph: Graph) -> int:
    """The rows that are trained: nodes, or two roles of each where links are directed; dense features have a block for each."""
    return graph.n_nodes * (2 if graph.directed else 1)


def _tested_bytes(graph: Graph, config: TrainingConfig) -> int:
    """Of the embeddings and the candidates of the ranked edges, with their scores by each heuristic."""
    ranked = min(RANKED, max(1, int(config.test * graph.n_edges)))
    vectors = 4 * _rows(graph) * config.dim * (1 + config.variational)
    columns = 0 if config.parts == "dense" else 4 * _rows(graph) * (config.dim + 3 * _columns(graph, config) + 4)
    return vectors + columns + 120 * 2 * CANDIDATES_PER_END * ranked


def _parts_bytes(graph: Graph, config: TrainingConfig) -> int:
    """Of the choice of parts: the embeddings of each fit, the spectra, the search of one, and the scores of validation."""
    if config.parts == "dense":
        return 0
    n, rank = _rows(graph), _columns(graph, config)
    fits = 1 + (config.node_embeddings == "auto" and graph.features is not None)
    links = min(_COMPARED, 2 * max(1, int(config.validation * graph.n_edges)))
    scored = _OF_SCORE * max(n, min(_SCORED, links * n)) + _OF_TERMS * links
    kept = 4 * n * (config.dim * (1 + config.variational) * fits + len(Kind) * rank)
    return kept + max(search_bytes(n, rank) if rank else 0, scored)


def _columns(graph: Graph, config: TrainingConfig) -> int:
    """How many spectral columns a training may have."""
    parts = PARTS if config.parts == "auto" else config.parts.split(",")
    return rank_of(graph) if "spectral" in parts else 0


def _sampled_bytes(graph: Graph, config: TrainingConfig) -> int:
    """Of a step on a sampled neighborhood, an embedding of all nodes, or the test, beside an earlier fit if there are two."""
    n, d, heads, x = _rows(graph), config.dim, 1 + config.variational, graph.features
    m = sampled_nodes(graph, config)
    stored = 0 if x is None else 40 * len(x.data) // n if isinstance(x, CSR) else 12 * x.shape[1]
    step = m * (4 * d * (7 if config.variational else 5) + stored + 100 * FAN_OUT)
    before = 4 * n * d * heads * (config.node_embeddings == "auto" and x is not None)
    return before + max(step, 4 * n * (d * heads + 32), _tested_bytes(graph, config), _parts_bytes(graph, config))


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
    embeddings = " with a learned embedding each" if config.node_embeddings != "off" or graph.features is None else ""
    raise DataError(
        f"memory: expected a training that fits into the {available / _GIB:.1f} GiB that are left, found {graph.n_nodes:,} nodes"
        f"{embeddings} and {graph.n_edges:,} edges with d = {config.dim}, which take about {needed:.1f} GiB"
        f"{' even with neighbor sampling' if least.neighbor_sampling == 'on' else ''}; {_advice(graph, least, available)}"
    )


def _advice(graph: Graph, config: TrainingConfig, available: int) -> str:
    """The first change that makes the training fit, those with the least effect first."""
    widths = (2**bits for bits in range(12, 2, -1) if 2**bits < config.dim)
    changes: list[dict[str, object]] = [{"neighbor_sampling": "on"}]
    changes += [{"node_embeddings": "off"}] if graph.features is not None else []
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
    x = graph.features
    copies = _rows(graph) // graph.n_nodes
    inputs = _rows(graph) if x is None else copies * len(x.data) if isinstance(x, CSR) else copies**2 * x.size
    width = config.hidden if config.encoder == "gcn" else config.dim
    latent = config.dim * (2 if config.variational else 1)
    entries, batch = 2 * graph.n_edges + _rows(graph), BATCH_EDGES  # of Â
    if config.neighbor_sampling == "on":
        nodes, batch = sampled_nodes(graph, config), SAMPLED_EDGES
        inputs, entries = inputs * nodes // graph.n_nodes, min(entries, (1 + FAN_OUT) * nodes)
    propagated = width + latent if config.encoder == "gcn" else config.hops * config.dim
    return 2 * (inputs * width + entries * propagated + 2 * min(graph.n_edges, batch) * config.dim)


def feature_step_work(features: Features | None, config: TrainingConfig) -> int:
    """Multiply-adds of one step on a mini-batch, forward and backward."""
    if features is None:
        return 0
    n, width = int(features.shape[0]), int(features.shape[1])
    rows = batch_rows(n, width)
    stored = len(features.data) // max(n, 1) + 1 if isinstance(features, CSR) else width
    return 2 * rows * (stored * config.hidden + width * (config.dim + config.hidden))
