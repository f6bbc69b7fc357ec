"""Nodes and known links that one of two checkpoints alone has, counted or, of many, estimated by a sample."""

import numpy as np

from latentlink.models.checkpoint import Checkpoint
from latentlink.models.comparison.facts import CountChange
from latentlink.models.comparison.matching import Matching, sample

COUNTED = 100_000  # nodes, or entries of links, of each checkpoint that are looked up in the other one


def changed_nodes(before: Checkpoint, after: Checkpoint, rng: np.random.Generator) -> CountChange:
    """Nodes that were added and removed."""
    sizes = len(before.nodes), len(after.nodes)
    missing = _missing_nodes(before, after, rng), _missing_nodes(after, before, rng)
    return _change(sizes, missing, exact=max(sizes) <= COUNTED)


def changed_links(before: Checkpoint, after: Checkpoint, rng: np.random.Generator) -> CountChange:
    """Known links that were added and removed; a link is another one with another relation."""
    entries = len(before.graph.indices), len(after.graph.indices)
    each = 1 if before.manifest.directed else 2
    missing = _missing_links(before, after, rng), _missing_links(after, before, rng)
    return _change((entries[0] // each, entries[1] // each), missing, exact=max(entries) <= COUNTED)


def _change(sizes: tuple[int, int], missing: tuple[float, float], *, exact: bool) -> CountChange:
    """The change from sizes of both, and the share of each that the other one has not."""
    (before, after), (removed, added) = sizes, missing
    return CountChange(
        before=before, after=after, added=round(after * added), removed=round(before * removed), exact=exact
    )


def _missing_nodes(here: Checkpoint, there: Checkpoint, rng: np.random.Generator) -> float:
    return float(np.mean(Matching(here, there).rows(sample(len(here.nodes), COUNTED, rng)) < 0))


def _missing_links(here: Checkpoint, there: Checkpoint, rng: np.random.Generator) -> float:
    entries = sample(len(here.graph.indices), COUNTED, rng)
    relations, sources = np.divmod(np.searchsorted(here.graph.indptr, entries, "right") - 1, len(here.nodes))
    targets = here.graph.indices[entries].astype(np.int64)
    if not len(sources):
        return 0.0
    matching = Matching(here, there)
    ends = matching.rows(np.concatenate([sources, targets])).reshape(2, -1)
    blocks = matching.relations[relations] if here.manifest.relations else relations
    named = np.flatnonzero((ends >= 0).all(axis=0) & (blocks >= 0))
    rows, columns = blocks[named] * len(there.nodes) + ends[0, named], ends[1, named]
    return 1 - int(there.graph.has_edges(rows, columns).sum()) / len(sources)
