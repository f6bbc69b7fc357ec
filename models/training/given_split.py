"""A split that is given instead of drawn: read, and held to the graph."""

from collections.abc import Callable
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.checkpoint import Checkpoint, store
from latentlink.models.checkpoint.named_split import Split as NamedSplit
from latentlink.models.checkpoint.split import SPLIT, NodePairs, read_split
from latentlink.models.errors import DataError
from latentlink.models.evaluation.relational.splits import audit_triples, keys_of
from latentlink.models.evaluation.splits import Split, audit
from latentlink.models.facts.training import SplitAudit
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import edge_keys
from latentlink.models.graph.roles import role_graph, role_pairs
from latentlink.models.training.directed import split_of_nodes
from latentlink.models.wording import listed_names

GivenSplit = Split | NamedSplit | str | PathLike[str]
"""Of edges, `split_` of a model, or what names one, as for `load_split`."""


def given_split(checkpoints: Path, given: GivenSplit | None, graph: Graph) -> Split | None:
    """The split of `graph` that Python code passes, if any.

    Raises:
        DataError: it is no split, or as `load_split`.
        CheckpointError: as `load_split`.
    """
    if given is None or isinstance(given, Split):
        return given
    if isinstance(given, NamedSplit):
        return kept_split(given.checkpoint, graph)
    if isinstance(given, str | PathLike):
        return load_split(checkpoints, fspath(given), graph)
    raise DataError(
        f"split: expected split_ of a model, a split.safetensors or the name of a model, found {type(given).__name__}"
    )


def load_split(checkpoints: Path, source: str, graph: Graph) -> Split:
    """The split that `source` names, for `graph`.

    In a file, rows are those of the graph; the nodes of a model are found by their ids, in whatever order the graph has them.

    Args:
        checkpoints: the directory of all checkpoints.
        source: a file such as `split.safetensors`, or a model: NAME, NAME@VERSION or a version's directory.
        graph: what is trained on.

    Raises:
        DataError: there is no such model, it has no split, or the split is not one of this graph.
        CheckpointError: the file or the checkpoint is damaged.
    """
    if Path(source).suffix == Path(SPLIT).suffix:
        return split_of(read_split(Path(source)), graph, source)
    try:
        checkpoint = store.find(checkpoints, source)
    except DataError as error:
        raise DataError(f"--split: {error}") from None
    return kept_split(checkpoint, graph)


def kept_split(checkpoint: Checkpoint, graph: Graph) -> Split:
    """The split that a model was evaluated on, for `graph`, in whatever order that has the nodes.

    Raises:
        DataError: the checkpoint has no split, or it is not one of this graph.
        CheckpointError: the file is damaged.
    """
    source = f"{checkpoint.manifest.name}@{checkpoint.manifest.version}"
    return split_of(_by_id(checkpoint, graph, source), graph, source)


def split_of(pairs: NodePairs, graph: Graph, source: str) -> Split:
    """The pairs as a split of `graph`; of a directed one they are ordered.

    Raises:
        DataError: they do not split all edges of the graph, or leak between its parts; the message names `source`.
    """
    n, what = graph.n_nodes, f"--split {source}"
    require_rows(what, pairs, n)
    _require_relations(what, pairs, 0 if graph.relations is None else len(graph.relations.names))
    if graph.relations is not None:
        return _split_of(pairs, graph, graph.triples, keys_of, audit_triples, what)
    if graph.directed:
        roles = role_graph(replace(graph, features=None))
        of_roles = NodePairs(*(role_pairs(part, n) for part in pairs))
        return split_of_nodes(_split_of(of_roles, roles, roles.edges, edge_keys, audit, what), n)
    return _split_of(pairs, graph, graph.edges, edge_keys, audit, what)


def _split_of(
    pairs: NodePairs,
    graph: Graph,
    known: Int64,
    keys: Callable[[Int64, int], Int64],
    audited: Callable[[Graph, Split, Int64], SplitAudit],
    what: str,
) -> Split:
    """The pairs as a split of the `known` ones, all of the graph, of which each has a key, rising."""
    n, expected = graph.n_nodes, keys(known, graph.n_nodes)
    _require_all(what, expected, keys(np.concatenate([pairs.train, pairs.validation, pairs.test]), n))
    split = Split(np.sort(np.searchsorted(expected, keys(pairs.train, n))), *pairs[1:], given=True)
    _require_sound(what, audited(graph, split, known[split.train]))
    return split


def _require_all(what: str, edges: Int64, given: Int64) -> None:
    """Refuse keys that are not those of the edges, (E,) and rising, each once."""
    if not np.array_equal(np.sort(given), edges):
        shared = len(np.intersect1d(given, edges))
        raise DataError(
            f"{what}: expected each of the graph's {len(edges):,} edges once, found {len(given):,} edges, {shared:,} of them "
            f"in the graph; {_HINT}"
        )


def _require_sound(what: str, counts: SplitAudit) -> None:
    if found := ", ".join(f"{name} = {count:,}" for name, count in counts if count):
        raise DataError(
            f"{what}: expected negatives that may be links and are not, each pair in one part, found {found}"
        )


def require_rows(what: str, pairs: NodePairs, n_nodes: int) -> None:
    """Refuse parts without pairs, and rows outside [0, N) with DataError."""
    for name, part in pairs._asdict().items():
        if len(part) == 0:
            raise DataError(f"{what}, {name}: expected pairs, found none")
        ends = part[:, :2]
        if wrong := ends[(ends < 0) | (ends >= n_nodes)].tolist():
            raise DataError(f"{what}, {name}: expected rows of {n_nodes:,} nodes, found {wrong[0]:,}; {_HINT}")


def _require_relations(what: str, pairs: NodePairs, relations: int) -> None:
    """Refuse pairs without the number of a relation where there are some, and others with one."""
    for name, part in pairs._asdict().items():
        if part.shape[1] != 2 + bool(relations) or ((part[:, 2:] < 0) | (part[:, 2:] >= relations)).any():
            expected = f"triples of {relations:,} relations" if relations else "pairs without relations"
            raise DataError(f"{what}, {name}: expected {expected}, found others; {_HINT}")


_HINT = "a split belongs to one graph; name a model instead of its file to have nodes found by their ids"


def _by_id(checkpoint: Checkpoint, graph: Graph, source: str) -> NodePairs:
    """The split of a model by the rows of `graph`."""
    pairs = checkpoint.read_split()
    if pairs is None:
        raise DataError(f"--split {source}: expected a model with a {SPLIT}, found an older one; train it again")
    require_rows(f"--split {source}", pairs, len(checkpoint.nodes))
    rows = _rows_of(graph, checkpoint)
    at = np.full(len(checkpoint.nodes), -1)
    at[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
    if missing := np.flatnonzero(at < 0).tolist():
        raise DataError(
            f"--split {source}: expected a model of this graph, found one with {len(missing):,} other nodes, such as "
            f"{checkpoint.nodes.id(missing[0])!r}"
        )
    named = _relations_of(graph, checkpoint, source)
    return NodePairs(*(np.column_stack([at[part[:, :2]], named[part[:, 2:]]]) for part in pairs))


def _relations_of(graph: Graph, checkpoint: Checkpoint, source: str) -> Int64:
    """The number in the graph of each relation of the checkpoint, int64 (R,)."""
    names = () if graph.relations is None else graph.relations.names
    if sorted(names) != sorted(checkpoint.manifest.relations):
        found = listed_names(checkpoint.manifest.relations) or "none"
        raise DataError(f"--split {source}: expected a model of the same relations as the data, found {found}")
    return np.array([names.index(name) for name in checkpoint.manifest.relations], np.int64)


def _rows_of(graph: Graph, checkpoint: Checkpoint) -> Int64:
    """The row in the checkpoint of each node of the graph, with its type if there are types; −1 where there is none."""
    if graph.types is None:
        return checkpoint.nodes.rows(graph.ids)
    rows, known = np.full(graph.n_nodes, -1), checkpoint.manifest.types
    for kind, name in enumerate(graph.types.names):
        if name in known:
            own = np.flatnonzero(graph.types.of == kind)
            rows[own] = checkpoint.nodes.rows([graph.ids[row] for row in own.tolist()], known.index(name))
    return rows
