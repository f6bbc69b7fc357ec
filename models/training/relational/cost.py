"""Estimates of a training on triples: bytes of memory, and multiply-adds of a step."""

from latentlink.models.config import TrainingConfig
from latentlink.models.graph.graph import Graph
from latentlink.models.training.relational.trainer import BATCH, MOST_SCORED, SAMPLED

_TABLES = 6  # of nodes: weights, squared gradients, gradient, the best epoch, what is evaluated, and what is served
_SCORES = 4  # float32 numbers of a score: logits of both directions, and their gradients
_OFFSETS = 32  # bytes of both directions of a node and relation, as the checkpoint is made
_RANKED = 2**20  # scores of a block of queries, several arrays of float64


def relational_bytes(graph: Graph, config: TrainingConfig) -> int:
    """Peak memory in bytes, without the graph; within about a third."""
    table = 4 * config.dim * (graph.n_nodes + _relations(graph))
    step = 4 * BATCH * (_SCORES * _scored(graph) + 20 * config.dim)
    tested = 16 * max(_RANKED, 16 * 2 * graph.n_nodes) + 60 * (graph.n_edges + 2 * graph.n_nodes)
    return _TABLES * table + max(step, tested, _OFFSETS * graph.n_nodes * _relations(graph))


def relational_step_work(graph: Graph, config: TrainingConfig) -> int:
    """Multiply-adds of one step, forward and backward: both ends of a batch, with all that they are told from."""
    return 2 * 3 * BATCH * (_scored(graph) + _relations(graph)) * config.dim


def _scored(graph: Graph) -> int:
    return graph.n_nodes if graph.n_nodes <= MOST_SCORED else SAMPLED


def _relations(graph: Graph) -> int:
    return 1 if graph.relations is None else len(graph.relations.names)
