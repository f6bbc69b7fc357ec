"""Nodes that were not there at training: their vectors, as the encoder gives them on the graph with them. Nothing is kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.errors import ConflictError, FieldError, InvalidRequestError
from app.services.embedded import Embedded
from app.services.encoding import Given, encode
from app.services.scorer import Scorer
from app.services.twin import require_small_ball
from models.csr import Float32, Int64
from models.scoring import LARGEST, Float64
from models.twins import GCNTwin, PropagationTwin, Strangers, embed_strangers

_WIDEST = 80.0  # |log σ²| of a stranger: beyond it intervals leave float64


@dataclass(frozen=True)
class Newcomer:
    """What is given of a stranger.

    Attributes:
        features: cells by column as in the node table, or the F encoded numbers; None without.
        neighbors: int64 (m,), distinct known rows, rising.
        weights: float64 (m,) > 0, of its links to them.
        where: the field of the request that it stands in, with a dot behind it; nothing of one alone.
    """

    features: Given | None
    neighbors: Int64
    weights: Float64
    where: str = ""


def embed(model: Scorer, newcomers: Sequence[Newcomer], links: Int64, weights: Float64) -> list[Embedded]:
    """Embed strangers: those that are linked to each other on one graph, all others as if alone.

    Args:
        model: whose encoder.
        newcomers: who comes.
        links: int64 (c, 2), distinct pairs of places in `newcomers`, the lower one first.
        weights: float64 (c,) > 0.

    Raises:
        ConflictError: there are neither features nor neighbours to embed a stranger from.
        InvalidRequestError: the features aren't those of the model.
        UnsupportedByModelError: as `Scorer.twin`; features for a model without; or too many links around the neighbours.
    """
    _ = model.twin  # a model without one says so first
    encoded = [
        None if n.features is None else encode(model.checkpoint, n.features, f"{n.where}features") for n in newcomers
    ]
    embedded: dict[int, Embedded] = {}
    for members in _groups(len(newcomers), links):
        for one in _together(model, newcomers, encoded, members, links, weights):
            embedded[one.members[one.at]] = one
    return [embedded[at] for at in range(len(newcomers))]


def _groups(count: int, links: Int64) -> list[list[int]]:
    """The connected parts of a graph of `count` nodes, each rising."""
    group = {at: [at] for at in range(count)}
    for one, other in links.tolist():
        if group[one] is not group[other]:
            group[one] += group[other]
            group.update(dict.fromkeys(group[other], group[one]))
    return [sorted(members) for at, members in group.items() if min(members) == at]


def _together(
    model: Scorer,
    newcomers: Sequence[Newcomer],
    encoded: Sequence[Float32 | None],
    members: list[int],
    links: Int64,
    weights: Float64,
) -> Iterator[Embedded]:
    """The strangers of one group."""
    twin, n = model.twin, len(model.checkpoint.mu)
    near = np.concatenate([newcomers[at].neighbors for at in members])
    if not len(near) and all(encoded[at] is None for at in members):
        raise ConflictError(
            f"{newcomers[members[0]].where}neighbors: expected one that the model knows, since there are no features, found none"
        )
    if isinstance(twin, GCNTwin):
        require_small_ball(model.checkpoint.graph, np.unique(near))
    own = np.isin(links[:, 0], members)
    group = Strangers(
        [encoded[at] for at in members],
        np.concatenate([_to_known(newcomers, members, near, n), n + np.searchsorted(members, links[own])]),
        np.concatenate([*(newcomers[at].weights for at in members), weights[own]]),
    )
    with_rows = isinstance(twin, PropagationTwin) and twin.rows is not None
    for at, found in enumerate(embed_strangers(twin, group)):
        _require_bounded(found.z, LARGEST, newcomers[members[at]].where)
        if found.logvar is not None:
            _require_bounded(found.logvar, _WIDEST, newcomers[members[at]].where)
        bare = any(group.features[met] is None for met in found.met.tolist())
        logvar = None if found.logvar is None else found.logvar.astype(np.float32)
        linked, approximate = newcomers[members[at]].neighbors, with_rows or bare or not found.whole
        yield Embedded(found.z.astype(np.float32), logvar, approximate, linked, group, members, at)


def _to_known(newcomers: Sequence[Newcomer], members: list[int], near: Int64, n: int) -> Int64:
    """int64 (c, 2): from known rows to strangers of a group, numbered from N on."""
    return np.stack([near, np.repeat(n + np.arange(len(members)), [len(newcomers[at].neighbors) for at in members])], 1)


def _require_bounded(vector: Float64, limit: float, where: str) -> None:
    if not np.abs(vector).max() < limit:
        expected = "numbers that are not far from those of the training, so that its vector can be told"
        raise InvalidRequestError([FieldError(f"{where}features", expected, "a larger one")])
