"""Splits of triples, and their audit."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.errors import DataError
from latentlink.models.evaluation.splits import MIN_EDGES, Split, named_parts
from latentlink.models.facts.training import SplitAudit
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import NegativeSampler
from latentlink.models.graph.pair_space import TypedPairs
from latentlink.models.graph.relations import triple_keys
from latentlink.models.graph.roles import node_pairs, role_pairs, role_types
from latentlink.models.wording import shortened


def by_relation(triples: Int64) -> Iterator[tuple[int, Int64]]:
    """The places, int64 (m,), rising, of the triples of each relation that there is."""
    order = np.argsort(triples[:, 2], kind="stable")
    relations, starts = np.unique(triples[order, 2], return_index=True)
    yield from zip(relations.tolist(), np.split(order, starts[1:]), strict=True)


def split_triples(graph: Graph, validation: float, test: float, rng: np.random.Generator) -> Split:
    """Hold out a share of the triples at random, or those that the data name, with as many unlinked pairs of the same relations.

    Args:
        graph: with relations.
        validation: share of triples that select the epoch, in (0, 1).
        test: share of triples for the test, in (0, 1).
        rng: generator of the split and of the negatives.

    Raises:
        DataError: there are too few triples to split, or too few unlinked pairs of a relation.
    """
    if graph.parts is None and graph.n_edges < MIN_EDGES:
        raise DataError(
            f"graph: expected at least {MIN_EDGES} triples to split into training, validation and test, found {graph.n_edges}"
        )
    triples = graph.triples
    if graph.parts is not None:
        train, selected, reported = named_parts(graph)
    else:
        sizes = [max(1, int(share * graph.n_edges)) for share in (validation, test)]
        selected, reported, train = np.split(rng.permutation(graph.n_edges), np.cumsum(sizes))
    split = with_negatives(graph, np.sort(train), triples[selected], triples[reported], rng)
    return replace(split, given=graph.parts is not None)


def with_negatives(graph: Graph, train: Int64, validation: Int64, test: Int64, rng: np.random.Generator) -> Split:
    """The split of a graph's triples into these parts, with negatives: for each held-out triple a pair of its relation.

    Args:
        graph: with relations.
        train: int64 (e,), indices into `graph.edges`.
        validation: int64 (v, 3), triples.
        test: int64 (t, 3), triples.
        rng: generator of the negatives, which are uniform, distinct, and no triples of the whole graph.

    Raises:
        DataError: there are too few unlinked pairs of a relation.
    """
    assert graph.relations is not None
    heldout = np.concatenate([validation, test])
    negatives = np.empty_like(heldout)
    space, n = TypedPairs(role_types(graph.n_nodes)), graph.n_nodes
    for relation, places in by_relation(heldout):
        linked = graph.edges[graph.relations.of == relation]
        if (free := space.size - len(linked)) < len(places):
            raise DataError(
                f"relation {shortened(graph.relations.names[relation])!r}: expected at least {len(places):,} unlinked pairs of "
                f"nodes to test against, found {free:,} among {n:,} nodes; leave it out: nothing is left to predict"
            )
        drawn = NegativeSampler(space, role_pairs(linked, n)).draw_distinct(len(places), rng)
        negatives[places, :2], negatives[places, 2] = node_pairs(drawn, n), relation
    return Split(train, validation, negatives[: len(validation)], test, negatives[len(validation) :])


def audit_triples(graph: Graph, split: Split, seen: Int64) -> SplitAudit:
    """Count leaked triples; every count of a sound split is 0.

    Args:
        graph: the graph that was split.
        split: its split.
        seen: int64 (e, 3), the triples that the evaluated model was trained on.
    """
    n, all_triples = graph.n_nodes, graph.triples
    parts = [all_triples[split.train], split.validation, split.test, split.validation_negatives, split.test_negatives]
    train, validation, test, *negatives = (keys_of(part, n) for part in parts)
    drawn, known = np.concatenate(negatives), keys_of(all_triples, n)
    return SplitAudit(
        self_loops=sum(int((part[:, 0] == part[:, 1]).sum()) for part in parts),
        duplicates=sum(len(keys) - len(np.unique(keys)) for keys in (train, validation, test, *negatives)),
        train_in_validation=_common(train, validation),
        train_in_test=_common(train, test),
        validation_in_test=_common(validation, test),
        negatives_that_are_edges=_common(known, drawn),
        negatives_in_both=_common(*negatives),
        heldout_in_encoder=_common(keys_of(seen, n), np.concatenate([validation, test])),
    )


def keys_of(triples: Int64, n_nodes: int) -> Int64:
    """One number for each triple, int64 (m, 3) -> (m,)."""
    return triple_keys(triples[:, :2], triples[:, 2], n_nodes)


def _common(keys: Int64, others: Int64) -> int:
    return len(np.intersect1d(keys, others))
