"""Scores and predicted neighbours of millions of rows as Arrow IPC streams, block by block."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import nanoarrow as na
import numpy as np
from nanoarrow.c_array import CArray

from latentlink.app.services.annotations import Annotations, calibrated_values, used_prior
from latentlink.app.services.arrow_writing import ArrowStream, bits, flags, numbers, texts
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.search.partners import Partners
from latentlink.app.services.search.selection import Neighbors, Query
from latentlink.models.arrays import Bool, Int64

_SCORES = {"probability": na.float64(), "logit": na.float64(), "known": na.bool_()}


def write_scores(
    model: Scorer, one: Scorer | None, blocks: Iterable[Int64], annotations: Annotations
) -> Iterator[bytes]:
    """A row for each pair, null where a node is unknown.

    Args:
        model: with all of its relations.
        one: that of the relation of all pairs; None where each pair has a relation of its own.
        blocks: int64 (m, 3), pairs of rows, −1 for unknown nodes, and the place of the pair's own relation.
        annotations: calibrated probabilities, or none.
    """
    columns = dict(_SCORES)
    if annotations.calibrated:
        columns |= {"calibrated": na.float64()} | ({"priors": na.float64()} if one is None else {})
    stream = ArrowStream(columns, _facts(model, one, annotations))
    for block in blocks:
        found = np.asarray((block[:, :2] >= 0).all(axis=1))
        arrays = _scored(model, one, block, found, annotations)
        yield stream.batch([arrays[name] for name in columns], len(block))
    yield stream.end()


def _scored(
    model: Scorer, one: Scorer | None, block: Int64, found: Bool, annotations: Annotations
) -> dict[str, CArray]:
    """The columns of m pairs."""
    logits, chances, calibrated, priors = np.zeros((4, len(block)))
    known = np.zeros(len(block), np.bool_)
    for place in [0] if one is not None else np.unique(block[:, 2]).tolist():
        part = one or model.of_relation(model.relations.names[place])
        of = found if one is not None else block[:, 2] == place
        own = np.flatnonzero(of & found)
        logits[own], chances[own], known[own] = part.score(block[own, 0], block[own, 1])
        if annotations.calibrated:
            calibrated[own] = calibrated_values(part, logits[own], annotations.prior)
            priors[of] = used_prior(part, annotations.prior)
    return {
        "probability": numbers(chances, found),
        "logit": numbers(logits, found),
        "known": flags(known, found),
        "calibrated": numbers(calibrated, found & ~known),
        "priors": numbers(priors, np.ones_like(found)),
    }


def _facts(model: Scorer, one: Scorer | None, annotations: Annotations, **more: str) -> dict[str, str]:
    """What an answer in JSON has beside its columns; `one` is what answers all rows."""
    facts = {"model": model.name, "version": model.version}
    if one is not None and one.relation is not None:
        facts["relation"] = one.relation
    if one is not None and annotations.calibrated:
        facts["prior"] = repr(used_prior(one, annotations.prior))
    return {**facts, **more}


def write_neighbors(
    model: Scorer, partners: Partners, blocks: Iterable[Int64], query: Query, annotations: Annotations
) -> Iterator[bytes]:
    """A row for each node with the list of its neighbours, null where it is unknown; b"" wherever the work may be ended.

    Args:
        model: that answers.
        partners: among which neighbours are searched.
        blocks: int64 (m, 1), rows, −1 for unknown ones.
        query: the search.
        annotations: calibrated probabilities, or none.
    """
    typed = {} if model.types is None else {"type": na.string()}
    entry = {"node": na.string(), **typed, **_SCORES}
    entry |= {"calibrated": na.float64()} if annotations.calibrated else {}
    struct = na.struct(entry)
    columns = {"node": na.string(), **typed, "exact": na.bool_(), "neighbors": na.list_(struct)}
    directed = {"direction": partners.search.direction} if model.checkpoint.manifest.directed else {}
    stream = ArrowStream(columns, _facts(model, model, annotations, k=str(query.k), **directed))
    for block in blocks:
        rows, results = block[:, 0], list[Neighbors]()
        for found in partners.results(rows[rows >= 0], query):
            if found is not None:
                model.observer.searched(model.name, exact=found.exact)
                results.append(found)
            yield b""
        yield stream.batch(_lists(model, rows, results, struct, annotations), len(rows))
    yield stream.end()


def _lists(
    model: Scorer, rows: Int64, results: Sequence[Neighbors], kind: Any, annotations: Annotations
) -> list[CArray]:
    """The columns of m rows, with the neighbours of those that are known."""
    known = rows >= 0
    nodes, types = _named(model, rows[known])
    counts = np.zeros(len(rows), np.int32)
    counts[known] = [len(result.rows) for result in results]
    ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    exact = np.zeros(len(rows), np.bool_)
    exact[known] = [result.exact for result in results]
    entries = _entries(model, results, kind, annotations)
    lists = na.c_array_from_buffers(na.list_(kind), len(rows), [bits(known), ends], children=[entries])
    return [
        texts(_spread(nodes, known)),
        *([] if types is None else [texts(_spread(types, known))]),
        flags(exact, known),
        lists,
    ]


def _entries(model: Scorer, results: Sequence[Neighbors], kind: Any, annotations: Annotations) -> CArray:
    """The neighbours of all nodes, one after the other, as structs."""
    rows = np.concatenate([np.empty(0, np.int64), *(result.rows for result in results)])
    logits = np.concatenate([np.empty(0), *(result.logits for result in results)])
    probabilities = np.concatenate([np.empty(0), *(result.probabilities for result in results)])
    known = np.concatenate([np.empty(0, np.bool_), *(result.known for result in results)])
    every, (nodes, types) = np.ones(len(rows), np.bool_), _named(model, rows)
    arrays = [texts(nodes), *([] if types is None else [texts(types)])]
    arrays += [numbers(probabilities, every), numbers(logits, every), flags(known, every)]
    if annotations.calibrated:
        arrays.append(numbers(calibrated_values(model, logits, annotations.prior), ~known))
    return na.c_array_from_buffers(kind, len(rows), [None], children=arrays)


def _named(model: Scorer, rows: Int64) -> tuple[list[str], list[str] | None]:
    """The ids of nodes, and their types, if there are any."""
    return model.nodes.ids(rows.tolist()), None if model.types is None else model.types.names_of(rows)


def _spread(values: Sequence[str], known: Bool) -> list[str | None]:
    following = iter(values)
    return [next(following) if one else None for one in known.tolist()]
