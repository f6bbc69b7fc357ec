"""One loaded model: from node ids to logits, embeddings and neighbours."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from latentlink.app.errors import MOST_LISTED, UnknownNodesError
from latentlink.app.services.encoder import make_link_columns, make_numpy_encoder
from latentlink.app.services.explaining.methods import make_explainer
from latentlink.app.services.explaining.sides import Method
from latentlink.app.services.search.batching import Batcher
from latentlink.app.services.search.searcher import Searcher
from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.checkpoint import Checkpoint, NodeTable, Texts
from latentlink.models.checkpoint.ids.completion import Completion
from latentlink.models.inference.encoders import LinkColumns, NumpyEncoder
from latentlink.models.inference.scoring import sigmoid, sigmoid_of

LOOKED_UP = 500  # operations that take as long as to find the row of an id
_HUBS = 10
_LOOKED_UP_LINK = 60  # operations that take as long as to look a link up among those of another node
_ANSWERED = 500  # operations that take as long as to look for a link and to write a score


class PairScores(NamedTuple):
    """Scores of m pairs: float64 (m,), float64 (m,) and bool (m,)."""

    logits: Float64
    probabilities: Float64
    known: npt.NDArray[np.bool_]


class PairScore(NamedTuple):
    """The score of one pair."""

    logit: float
    probability: float
    known: bool


class Scorer:
    """A checkpoint that answers.

    Args:
        checkpoint: opened and verified.

    Attributes:
        together: exact searches of one row each that arrive at the same time.
        hubs: up to ten nodes with the most known links, and how many each has.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.searcher = searcher = Searcher(checkpoint)
        # Not an attribute of the searcher: each would keep the other in memory, with the files that the checkpoint maps.
        self.together = Batcher(searcher.begin, searcher.finish, searcher.most)
        self.completion = Completion(checkpoint.nodes)
        self.hubs = _hubs(checkpoint)

    @property
    def name(self) -> str:
        """The model's name."""
        return self.checkpoint.manifest.name

    @property
    def version(self) -> str:
        """The checkpoint's version."""
        return self.checkpoint.manifest.version

    @property
    def nodes(self) -> NodeTable:
        """Node ids by row and rows by node id."""
        return self.checkpoint.nodes

    @property
    def dim(self) -> int:
        """D, the length of an embedding."""
        return self.checkpoint.manifest.counts.dim

    @cached_property
    def encoder(self) -> NumpyEncoder:
        """The encoder, made at its first use.

        Raises:
            UnsupportedByModelError: the checkpoint lacks what it takes.
        """
        return make_numpy_encoder(self.checkpoint)

    @cached_property
    def link_columns(self) -> LinkColumns:
        """The columns that follow from the links of a node."""
        return make_link_columns(self.checkpoint)

    @cached_property
    def explainer(self) -> Method:
        """How links of this model are explained; raises as `encoder`."""
        return make_explainer(self.checkpoint, self.encoder)

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The name of each of the F encoded columns, or its number."""
        preprocessing, width = self.checkpoint.preprocessing, self.checkpoint.manifest.counts.features
        return tuple(map(str, range(width))) if preprocessing is None else preprocessing.names

    def rows(self, nodes: Sequence[str] | Texts) -> Int64:
        """int64 (m,): the row of each id.

        Raises:
            UnknownNodesError: some ids are not known; the first 20 are named with close ones.
        """
        rows = self.nodes.rows(nodes)
        if (rows < 0).any():
            at = np.flatnonzero(rows < 0)
            names = nodes.take(at).decode() if isinstance(nodes, Texts) else [nodes[i] for i in at.tolist()]
            unknown = list(dict.fromkeys(names))
            raise UnknownNodesError(len(unknown), unknown[:MOST_LISTED], self.completion.closest)
        return rows

    def score(self, sources: Int64, targets: Int64) -> PairScores:
        """Logit, probability σ(logit) and whether the edge is known, for m pairs of rows in [0, N)."""
        logits = self.checkpoint.decoder.pairs(sources, targets)
        return PairScores(logits, sigmoid(logits), self.checkpoint.graph.has_edges(sources, targets))

    def scoring_work(self, pairs: int) -> int:
        """Operations of `score`, and of an answer with its numbers."""
        return pairs * (4 * self.dim + 2 * LOOKED_UP + _ANSWERED)

    def shared_work(self, rows: Int64) -> int:
        """Operations that shared links add to the scores of pairs of rows, (2m,) by pair, −1 for none."""
        shared = self.checkpoint.decoder.shared
        if shared is None:
            return 0
        pairs = rows.reshape(-1, 2)
        pairs = pairs[(pairs >= 0).all(axis=1)]
        fewer = np.minimum(*map(shared.degrees, pairs.T))  # the links of one end are looked up among those of the other
        return _LOOKED_UP_LINK * int(fewer.sum())

    def score_pair(self, source: int, target: int) -> PairScore:
        """As `score`, to the bit, of one pair of rows in [0, N)."""
        logit = self.checkpoint.decoder.pair(source, target)
        return PairScore(logit, sigmoid_of(logit), self.checkpoint.graph.has_edge(source, target))

    def embeddings(self, rows: Int64, *, source: bool = False) -> Float32:
        """float32 (m, D): z = μ of m rows in [0, N), or, with `source`, what is multiplied by z for a logit."""
        return np.asarray(self.checkpoint.decoder.source_vectors(rows) if source else self.checkpoint.mu[rows])

    @property
    def leaves_out(self) -> list[str]:
        """The parts of a logit that inner products of embeddings lack."""
        return [] if self.checkpoint.decoder.shared is None else ["shared_links"]

    def links_listed(self, rows: Int64) -> int:
        """How many neighbours `neighbor_weights` of some rows lists, −1 for none."""
        shared = self.checkpoint.decoder.shared
        return 0 if shared is None else int(shared.degrees(rows[rows >= 0]).sum())

    def neighbor_weights(self, row: int) -> tuple[list[str], Float32]:
        """The sparse part of a vector: known neighbours, and √w(k) of each, float32; none without shared links."""
        shared = self.checkpoint.decoder.shared
        if shared is None:
            return [], np.empty(0, np.float32)
        near = shared.neighbors(row)
        return self.nodes.ids(near.tolist()), np.sqrt(shared.weight(shared.degrees(near))).astype(np.float32)


def _hubs(checkpoint: Checkpoint) -> dict[str, int]:
    """Up to ten nodes with the most known links, and how many each has: most first, of equal ones the first by row."""
    degrees = np.diff(checkpoint.graph.indptr)
    least = np.partition(degrees, -_HUBS)[-_HUBS] if len(degrees) > _HUBS else 0
    rows = np.concatenate([np.flatnonzero(degrees > least), np.flatnonzero(degrees == least)[:_HUBS]])
    first = rows[np.argsort(-degrees[rows], kind="stable")][:_HUBS]
    return dict(zip(checkpoint.nodes.ids(first.tolist()), degrees[first].tolist(), strict=True))
