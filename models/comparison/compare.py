"""Compare two checkpoints on a seeded sample of the nodes that both know."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.checkpoint.split import SPLIT
from latentlink.models.comparison.counts import COUNTED, changed_links, changed_nodes
from latentlink.models.comparison.facts import Comparison, ListChange, MetricChange, MetricChanges, NamedVersion
from latentlink.models.comparison.lists import Side
from latentlink.models.comparison.matching import Matching, sample
from latentlink.models.comparison.pairs import Shift, probability_change, spread
from latentlink.models.errors import DataError
from latentlink.models.facts.metrics import LinkMetrics
from latentlink.models.steps import finished

Comparing = Generator[bytes, None, Comparison]
_Sides = tuple[Side, Side]

K = 10
_NODES, _CANDIDATES = 200, 20_000
_RANDOM = 20  # pairs of each node with others at random
_RELATIONS = 20  # of which nodes are compared, each with some of the nodes
_LOOKED_UP, _SEARCHED = (
    500,
    500_000,
)  # operations that take as long as to look up an id, and to compare the lists of a node


def work(before: Checkpoint, after: Checkpoint) -> int:
    """Operations of `comparing`, about a nanosecond each; bounded, however large both are.

    Without those of the first call, at which the held-out links of each checkpoint are sorted.
    """
    return sum(map(_work, (before, after)))


def _work(one: Checkpoint) -> int:
    n, dim = len(one.nodes), one.manifest.counts.dim
    nodes, candidates = min(n, _NODES), min(n, _CANDIDATES)
    looked_up = min(n, COUNTED) + 2 * min(len(one.graph.indices), COUNTED) + candidates
    return _LOOKED_UP * looked_up + nodes * (candidates * (dim // 8 + 8) + _SEARCHED)


def compare(before: Checkpoint, after: Checkpoint) -> Comparison:
    """What changes from one checkpoint to another.

    Raises:
        DataError: as `comparing`.
    """
    return finished(comparing(before, after))


def comparing(before: Checkpoint, after: Checkpoint) -> Comparing:
    """As `compare`, in steps: it yields b"" wherever it may be ended.

    Raises:
        DataError: links of one have a direction or relations, or nodes types, and those of the other have none.
    """
    kinds = _kind(before), _kind(after)
    if kinds[0] != kinds[1]:
        names = [f"{one.manifest.name}@{one.manifest.version}" for one in (before, after)]
        raise DataError(
            f"{names[1]}: expected a model of {kinds[0]}, as {names[0]} is, found one of {kinds[1]}; compare models of one kind"
        )
    return _steps(before, after)


def _kind(one: Checkpoint) -> str:
    manifest = one.manifest
    links = "links with relations" if manifest.relations else "directed links" if manifest.directed else "links"
    return f"{links} between {'typed nodes' if manifest.types else 'nodes of one type'}"


def _steps(before: Checkpoint, after: Checkpoint) -> Comparing:
    rng = np.random.default_rng(0)
    nodes = changed_nodes(before, after, rng)
    yield b""
    links = changed_links(before, after, rng)
    yield b""
    rows = sample(len(before.nodes), _CANDIDATES, rng)
    others = Matching(before, after).rows(rows)
    sides = Side(before, rows[others >= 0]), Side(after, others[others >= 0])
    found = _Found()
    for part, places in _by_relation(sides, sample(len(sides[0].rows), _NODES, rng), rng):
        yield from found.add(part, places, rng)
    return Comparison(
        before=NamedVersion(model=before.manifest.name, version=before.manifest.version),
        after=NamedVersion(model=after.manifest.name, version=after.manifest.version),
        metrics=_metrics(before, after),
        nodes=nodes,
        links=links,
        neighbors=found.lists(candidates=len(sides[0].rows)),
        best_pairs=probability_change(found.best),
        random_pairs=probability_change(found.random),
    )


def _by_relation(sides: _Sides, places: Int64, rng: np.random.Generator) -> Iterator[tuple[_Sides, Int64]]:
    """Both checkpoints of each relation that both have, or of some, with places of some of the nodes; as they are without."""
    before, after = (side.checkpoint for side in sides)
    if not before.manifest.relations:
        yield sides, places
        return
    there = Matching(before, after).relations
    common = np.flatnonzero(there >= 0)
    chosen = common[sample(len(common), _RELATIONS, rng)].tolist()
    for at, place in enumerate(chosen):
        own, other = before.of_relation(place), after.of_relation(int(there[place]))
        yield (Side(own, sides[0].rows), Side(other, sides[1].rows)), places[at :: len(chosen)]


@dataclass
class _Found:
    """What was found of the lists and pairs of the nodes so far.

    Attributes:
        overlaps: the share of each list that the other one has, too.
        same_first: whether the first of each is the same.
        best: the shifts of pairs of the lists.
        random: the shifts of pairs at random.
    """

    overlaps: list[float] = field(default_factory=list)
    same_first: list[bool] = field(default_factory=list)
    best: list[Shift] = field(default_factory=list)
    random: list[Shift] = field(default_factory=list)

    def add(self, sides: _Sides, places: Int64, rng: np.random.Generator) -> Generator[bytes, None, None]:
        """Look at the lists of some nodes, in steps."""
        for place, one, other in zip(places.tolist(), *(side.best(places, K) for side in sides), strict=True):
            yield b""
            either = np.union1d(one, other)
            if not len(either):
                continue
            self.overlaps.append(len(np.intersect1d(one, other)) / max(len(one), len(other)))
            self.same_first.append(one[:1].tolist() == other[:1].tolist())
            self.best.append(_shift(sides, place, either))
            self.random.append(_shift(sides, place, _others(sides, place, rng)))

    def lists(self, candidates: int) -> ListChange:
        """The change of all lists."""
        n = len(self.overlaps)
        overlap = spread([np.array(self.overlaps)])
        same_first = sum(self.same_first) / n if n else None
        return ListChange(k=K, nodes=n, candidates=candidates, overlap=overlap, same_first=same_first)


def _others(sides: _Sides, place: int, rng: np.random.Generator) -> Int64:
    """Places of some nodes at random that a node may be linked to."""
    possible = sides[0].linkable(int(sides[0].rows[place])) & sides[1].linkable(int(sides[1].rows[place]))
    possible[place] = False
    found = np.flatnonzero(possible)
    return found if len(found) <= _RANDOM else np.unique(found[rng.integers(0, len(found), _RANDOM)])


def _shift(sides: _Sides, place: int, others: Int64) -> Shift:
    return Shift.of(sides, np.full(len(others), place), others)


def _metrics(before: Checkpoint, after: Checkpoint) -> MetricChanges:
    one, other = before.manifest, after.manifest
    same = (
        one.files[SPLIT].sha256 == other.files[SPLIT].sha256
        if {SPLIT} <= one.files.keys() & other.files.keys()
        else None
    )
    return MetricChanges(
        same_test=same,
        validation=_changes(one.metrics.validation, other.metrics.validation),
        test=_changes(one.metrics.test, other.metrics.test),
    )


def _changes(one: LinkMetrics, other: LinkMetrics) -> dict[str, MetricChange]:
    """The metrics that one of both has, in the order of the first one."""
    before, after = one.by_name(), other.by_name()
    return {
        name: MetricChange(before=before.get(name), after=after.get(name))
        for name in before | after
        if (before.get(name), after.get(name)) != (None, None)
    }
