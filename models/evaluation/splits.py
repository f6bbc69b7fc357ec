"""Leak-free splits of undirected edges, and their audit.

Edges are split as undirected pairs: a random split of directed edges would leave the reverse of a test edge in training.
"""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.errors import DataError
from latentlink.models.facts.training import SplitAudit, SplitSizes
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import NegativeSampler, edge_keys
from latentlink.models.graph.pair_space import PairSpace

MIN_EDGES = 10  # below this a validation or a test set would be empty or a single pair


@dataclass(frozen=True)
class Split:
    """The edges for training, selection and test; each edge is in one set, in one direction.

    With relations pairs are triples, int64 (·, 3): source, target and relation.

    Attributes:
        train: int64 (e,), indices into `graph.edges`: the message-passing and supervision edges.
        validation: int64 (v, 2), held-out edges for selecting the epoch.
        validation_negatives: int64 (v, 2), as many pairs that are not edges of the whole graph.
        test: int64 (t, 2), held-out edges that are read once.
        test_negatives: int64 (t, 2), disjoint from all other sets.
        given: whether it was given instead of drawn.
    """

    train: Int64
    validation: Int64
    validation_negatives: Int64
    test: Int64
    test_negatives: Int64
    given: bool = False

    @property
    def sizes(self) -> SplitSizes:
        """The number of edges in each set."""
        return SplitSizes(train=len(self.train), validation=len(self.validation), test=len(self.test))

    def fingerprint(self) -> str:
        """sha256 (hex) over all sets: of one graph equal splits have equal ones."""
        digest = hashlib.sha256()
        for pairs in (self.train, self.validation, self.validation_negatives, self.test, self.test_negatives):
            digest.update(f"{pairs.shape}".encode())
            digest.update(np.ascontiguousarray(pairs, np.int64).data)
        return digest.hexdigest()


def split_edges(
    graph: Graph, validation: float, test: float, rng: np.random.Generator, *, by_time: bool = False
) -> Split:
    """Hold out a share of the undirected edges, random ones or the latest, with as many uniform non-edges.

    Where the data name the parts of a split, these are taken.

    A split by time trains on the earliest edges, selects on the next and tests on the latest. Edges of equal time stay together,
    so that the sizes are only close to the given shares. A non-edge is a pair that is not linked at any time.

    Args:
        graph: N nodes, E edges.
        validation: share of edges that select the epoch, in (0, 1).
        test: share of edges for the test, in (0, 1).
        rng: generator of the split and of the non-edges.
        by_time: whether to split by `graph.times`.

    Raises:
        DataError: too few edges or times to split, times that leave less than half of the requested edges for
            training, or too few unlinked pairs to test against.
    """
    if graph.parts is None and graph.n_edges < MIN_EDGES:
        raise DataError(
            f"graph: expected at least {MIN_EDGES} edges to split into training, validation and test, found {graph.n_edges}"
        )
    n_validation = max(1, int(validation * graph.n_edges))
    n_test = max(1, int(test * graph.n_edges))
    if graph.parts is not None:
        train, selected, reported = named_parts(graph)
    elif by_time:
        train, selected, reported = _by_time(graph, n_validation, n_test)
    else:
        selected, reported, train = np.split(rng.permutation(graph.n_edges), [n_validation, n_validation + n_test])
    negatives = NegativeSampler(graph.pair_space, graph.edges).draw_distinct(len(selected) + len(reported), rng)
    return Split(
        train=np.sort(train),
        validation=graph.edges[selected],
        validation_negatives=negatives[: len(selected)],
        test=graph.edges[reported],
        test_negatives=negatives[len(selected) :],
        given=graph.parts is not None,
    )


def named_parts(graph: Graph) -> list[Int64]:
    """Indices of the edges for training, validation and test, as the data name them, int64 each."""
    assert graph.parts is not None
    return [np.flatnonzero(graph.parts == part) for part in range(3)]


def _by_time(graph: Graph, n_validation: int, n_test: int) -> list[Int64]:
    """Indices of the edges before, between and after the two cuts that come closest to the requested sizes."""
    if graph.times is None:
        raise DataError("graph: expected a time of every edge to split by, found none; name the column of times")
    order = np.argsort(graph.times, kind="stable")
    starts = np.flatnonzero(np.diff(graph.times[order])) + 1  # where a later time begins
    if len(starts) < 2:
        raise DataError(
            f"graph: expected edges of at least 3 different times to train, select and report on, found {len(starts) + 1}; "
            "give finer times, or split at random"
        )
    wanted = graph.n_edges - n_test - n_validation
    test = _nearest(starts[1:], graph.n_edges - n_test)
    validation = _nearest(starts[starts < test], wanted)
    if 2 * validation < wanted:
        raise DataError(
            f"graph: expected times that leave about {wanted:,} of {graph.n_edges:,} edges for training, found a nearest cut "
            f"that leaves {validation:,}, as edges of one time stay together; give finer times, or split at random"
        )
    return np.split(order, [validation, test])


def _nearest(values: Int64, wanted: int) -> int:
    return int(values[np.abs(values - wanted).argmin()])


def audit(graph: Graph, split: Split, seen: Int64) -> SplitAudit:
    """Count leaked pairs, which would flatter the metrics; every count of a sound split is 0.

    Pairs are compared as undirected ones: a reversed copy of an edge counts as the edge.

    Args:
        graph: the graph that was split.
        split: its split.
        seen: int64 (e, 2), the message-passing edges of the evaluated encoder.
    """
    sets = {
        "train": graph.edges[split.train],
        "validation": split.validation,
        "test": split.test,
        "validation_negatives": split.validation_negatives,
        "test_negatives": split.test_negatives,
    }
    keys = {name: np.sort(edge_keys(pairs, graph.n_nodes)) for name, pairs in sets.items()}
    negatives = np.sort(np.concatenate([keys["validation_negatives"], keys["test_negatives"]]))
    heldout = np.sort(np.concatenate([keys["validation"], keys["test"]]))
    return SplitAudit(
        self_loops=_impossible(graph.pair_space, np.concatenate(list(sets.values()))),
        duplicates=sum(_repeats(k) for k in keys.values()),
        train_in_validation=_common(keys["train"], keys["validation"]),
        train_in_test=_common(keys["train"], keys["test"]),
        validation_in_test=_common(keys["validation"], keys["test"]),
        negatives_that_are_edges=_common(np.sort(edge_keys(graph.edges, graph.n_nodes)), negatives),
        negatives_in_both=_repeats(negatives),
        heldout_in_encoder=_common(np.sort(edge_keys(seen, graph.n_nodes)), heldout),
    )


def _impossible(space: PairSpace, pairs: Int64) -> int:
    """How many pairs, int64 (m, 2), may not be linked."""
    apart = np.isin(edge_keys(pairs, space.n_nodes), edge_keys(space.apart, space.n_nodes))
    return int(np.count_nonzero(apart | ~space.are_partners(pairs)))


def _repeats(keys: Int64) -> int:
    """The number of repetitions among sorted keys, int64 (m,)."""
    return int((np.diff(keys) == 0).sum())


def _common(keys: Int64, others: Int64) -> int:
    """The number of distinct values of `others` that are among `keys`; both int64, sorted."""
    at = np.searchsorted(keys, others)
    there = others[keys.take(at, mode="clip") == others] if len(keys) else others[:0]
    return len(there) - _repeats(there)


def require_sound(counts: SplitAudit) -> None:
    """Refuse a split with leaked pairs.

    Raises:
        DataError: some counts are not 0; the message names them.
    """
    if found := ", ".join(f"{name} = {count:,}" for name, count in counts if count):
        raise DataError(
            f"split audit: expected every count to be 0, found {found}; metrics of such a split mean nothing, so nothing is "
            "published. Graph.from_pairs makes graphs that split soundly; with one of those this is a fault of Latentlink"
        )


MIN_ROWS = 10  # below this a held-out set would be empty or a single row


class RowSplit(NamedTuple):
    """Disjoint sets of feature rows, int64, ascending."""

    train: Int64
    validation: Int64
    test: Int64


def split_rows(n_nodes: int, validation: float, test: float, rng: np.random.Generator) -> RowSplit:
    """Hold out a share of the nodes at random.

    Args:
        n_nodes: N.
        validation: share of nodes that select the epoch.
        test: share of nodes for the test.
        rng: generator of the split.

    Raises:
        DataError: there are too few nodes to split.
    """
    if n_nodes < MIN_ROWS:
        raise DataError(f"features: expected at least {MIN_ROWS} rows to hold some out, found {n_nodes}")
    order = rng.permutation(n_nodes)
    first = max(1, int(validation * n_nodes))
    second = first + max(1, int(test * n_nodes))
    return RowSplit(np.sort(order[second:]), np.sort(order[:first]), np.sort(order[first:second]))
