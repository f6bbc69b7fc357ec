"""Link prediction heuristics: untrained baselines, scored on the same split as the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.evaluation.heuristics import paths, spectral
from latentlink.models.evaluation.heuristics.cosine import FeatureCosine
from latentlink.models.evaluation.heuristics.overlaps import NAMES, Overlaps
from latentlink.models.evaluation.scorers import DecoderScorer, RowScorer, Scorer
from latentlink.models.graph.csr import CSR
from latentlink.models.inference.link_decoder import LinkDecoder

_SCORE_COST, _LINK_COST = 15, 15  # nanoseconds of a score by all scorers, and of a neighbour's link by the overlaps
_NOTHING_SHARED = "nodes of two groups share no neighbours"


@dataclass(frozen=True)
class Heuristics:
    """All heuristics on one graph.

    Attributes:
        overlaps: those that weigh common neighbours, which are looked up once for all of them; None where there are none.
        others: one scorer each, by name.
        left_out: those that would take too long, or say nothing, on this graph, each with the reason.
        row_cost: nanoseconds of a row of scores by all of them, without the overlaps' links of neighbours.
        n_nodes: N.
    """

    overlaps: Overlaps | None
    others: Mapping[str, Scorer]
    left_out: Mapping[str, str]
    row_cost: float
    n_nodes: int

    def score_pairs(self, pairs: Int64) -> dict[str, Float64]:
        """The scores of int64 pairs (m, 2) by each heuristic, float64 (m,), by its name."""
        overlaps = {} if self.overlaps is None else self.overlaps.score_pairs(pairs)
        return overlaps | {name: one.score_pairs(pairs) for name, one in self.others.items()}

    def row_scorers(self) -> dict[str, RowScorer]:
        """`Scorer.score_rows` of each heuristic, by its name."""
        shared = self.overlaps
        overlaps = {} if shared is None else {name: partial(shared.score_rows, name) for name in shared.weights}
        return overlaps | {name: one.score_rows for name, one in self.others.items()}

    def row_costs(self) -> Float64:
        """Nanoseconds of a row of scores from each node, float64 (N,), on one core of a server: they bound the ranking."""
        links = np.zeros(self.n_nodes) if self.overlaps is None else self.overlaps.two_hops()
        return _LINK_COST * links + self.row_cost


def heuristics(
    adjacency: CSR, features: Float32 | CSR | None = None, *, bipartite: bool = False, roles: bool = False
) -> Heuristics:
    """The heuristics that a graph allows.

    Args:
        adjacency: symmetric (N, N), training edges only; edge weights are not used.
        features: (N, F); without them there is no `feature_cosine`.
        bipartite: whether pairs are of two groups without links inside of one: such ends share no neighbours.
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
    left_out |= dict.fromkeys(NAMES if bipartite else (), _NOTHING_SHARED)
    overlaps = None if bipartite else Overlaps(adjacency, roles=roles)
    reasons = {name: why for name, why in left_out.items() if why}
    return Heuristics(overlaps, others, reasons, row_cost, adjacency.shape[0])


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
