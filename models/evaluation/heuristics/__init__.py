"""Link prediction heuristics: untrained baselines, scored on the same split as the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.evaluation.heuristics import paths, spectral
from latentlink.models.evaluation.heuristics.cosine import FeatureCosine
from latentlink.models.evaluation.heuristics.overlaps import Overlaps
from latentlink.models.evaluation.scorers import DecoderScorer, RowScorer, Scorer
from latentlink.models.graph.csr import CSR
from latentlink.models.inference.link_decoder import LinkDecoder

_SCORE_COST, _LINK_COST = 15, 15  # nanoseconds of a score by all scorers, and of a neighbour's link by the overlaps


@dataclass(frozen=True)
class Heuristics:
    """All heuristics on one graph.

    Attributes:
        overlaps: those that weigh common neighbours, which are looked up once for all of them.
        others: one scorer each, by name.
        left_out: those that would take too long on this graph, each with the reason.
        row_cost: nanoseconds of a row of scores by all of them, without the overlaps' links of neighbours.
    """

    overlaps: Overlaps
    others: Mapping[str, Scorer]
    left_out: Mapping[str, str]
    row_cost: float

    def score_pairs(self, pairs: Int64) -> dict[str, Float64]:
        """The scores of int64 pairs (m, 2) by each heuristic, float64 (m,), by its name."""
        return self.overlaps.score_pairs(pairs) | {name: one.score_pairs(pairs) for name, one in self.others.items()}

    def row_scorers(self) -> dict[str, RowScorer]:
        """`Scorer.score_rows` of each heuristic, by its name."""
        overlaps = {name: partial(self.overlaps.score_rows, name) for name in self.overlaps.weights}
        return overlaps | {name: one.score_rows for name, one in self.others.items()}

    def row_costs(self) -> Float64:
        """Nanoseconds of a row of scores from each node, float64 (N,), on one core of a server: they bound the ranking."""
        return _LINK_COST * self.overlaps.two_hops() + self.row_cost


def heuristics(adjacency: CSR, features: Float32 | CSR | None = None, *, roles: bool = False) -> Heuristics:
    """The heuristics that a graph allows.

    Args:
        adjacency: symmetric (N, N), training edges only; edge weights are not used.
        features: (N, F); without them there is no `feature_cosine`.
        roles: whether the nodes are the roles of directed links, as in `latentlink.models.graph.roles`.
    """
    others: dict[str, Scorer] = {"preferential_attachment": PreferentialAttachment.of(adjacency)}
    row_cost: float = _SCORE_COST * adjacency.shape[0]
    if features is not None:
        others["feature_cosine"] = cosine = FeatureCosine(features)
        row_cost += cosine.row_cost
    left_out = {paths.NAME: paths.too_large(adjacency), spectral.NAME: spectral.too_large(adjacency)}
    if left_out[paths.NAME] is None:
        others[paths.NAME] = paths.PathsOfLength3(adjacency)
        row_cost += len(adjacency.indices)
    if left_out[spectral.NAME] is None:
        others[spectral.NAME] = DecoderScorer(LinkDecoder(spectral.spectral_embedding(adjacency)))
    return Heuristics(
        Overlaps(adjacency, roles=roles), others, {name: why for name, why in left_out.items() if why}, row_cost
    )


@dataclass(frozen=True)
class PreferentialAttachment:
    """kᵢ kⱼ, of degrees k, float64 (N,) (Barabási & Albert 1999); of roles, the links out of i times those into j."""

    degrees: Float64

    @classmethod
    def of(cls, adjacency: CSR) -> "PreferentialAttachment":
        """By the degrees of a symmetric adjacency (N, N)."""
        return cls(np.diff(adjacency.indptr).astype(np.float64))

    def score_pairs(self, pairs: Int64) -> Float64:
        """As in `Scorer`."""
        return np.asarray(self.degrees[pairs[:, 0]] * self.degrees[pairs[:, 1]])

    def score_rows(self, nodes: Int64) -> Float64:
        """As in `Scorer`."""
        return self.degrees[nodes, None] * self.degrees
