"""One loaded model: from node ids to logits, embeddings and neighbours."""

from copy import copy
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from latentlink.app.errors import (
    UnsupportedByModelError,
)
from latentlink.app.schemas.requests import Direction
from latentlink.app.services.encoder import is_foreign, make_link_columns, make_numpy_encoder
from latentlink.app.services.explaining.methods import Nothing, make_explainer
from latentlink.app.services.explaining.sides import Method
from latentlink.app.services.hubs import hubs
from latentlink.app.services.lookup import LOOKED_UP, NOBODY, NodeLookup, Observer, Relations
from latentlink.app.services.search.directed import Search
from latentlink.app.services.search.partners import Partners
from latentlink.app.services.search.searcher import Searcher, longest_of
from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.inference.encoders import LinkColumns, NumpyEncoder
from latentlink.models.inference.scoring import sigmoid, sigmoid_of

_LOOKED_UP_LINK = 60  # operations that take as long as to look a link up among those of another node
_SCORED, _SCORED_BY_RELATION = 4, 12  # operations that take as long as to multiply a number of both ends of a pair
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


class Scorer(NodeLookup):
    """A checkpoint that answers; of a checkpoint of several relations, `of_relation` answers for each.

    Args:
        checkpoint: opened and verified.
        observer: of unknown ids and of searches.

    Attributes:
        hubs: up to ten rows with the most known links, and how many each has.
        relations: of links, if any.
        relation: the name of that which this is of; None where links have none, or for all of them.
        searches: by their direction; without "in" where links have none, and empty for all relations.
    """

    def __init__(self, checkpoint: Checkpoint, observer: Observer = NOBODY) -> None:
        super().__init__(checkpoint, observer)
        self.hubs = hubs(checkpoint.graph.degrees())
        self.relations = Relations(f"{self.name}@{self.version}", checkpoint.manifest.relations)
        self.relation: str | None = None
        self._views: dict[int, Scorer] = {}
        self.searches = {} if self.relations.names else Search.each(checkpoint)
        # Of a target; measured once, as the model is loaded, and not in the first request about each relation.
        self._longest = longest_of(checkpoint.decoder.target_vectors) if self.relations.names else None

    @property
    def dim(self) -> int:
        """D, the length of an embedding."""
        return self.checkpoint.manifest.counts.dim

    @property
    def searcher(self) -> Searcher:
        """The search for the targets of links from a node, or for neighbours where links have no direction."""
        return self.searches["out"].searcher

    def partners(self, target_type: str | None = None, direction: Direction | None = None) -> Partners:
        """The partners of one type or of all, in a direction, by default "out".

        Raises:
            UnsupportedByModelError: links have no direction, or nodes no types, and one is given.
            InvalidRequestError: there is no such type.
        """
        kind = self.kind(target_type, "target_type")
        if direction is not None and len(self.searches) == 1:
            raise UnsupportedByModelError(
                f"direction: expected a model of directed links, found {self.name}@{self.version} of links without direction; "
                "leave it out"
            )
        return Partners(self.searches[direction or "out"], self.types, kind)

    def of_relation(self, name: str | None, field: str = "relation") -> "Scorer":
        """The model as a directed one, of the links of a relation; itself where links have none.

        Raises:
            InvalidRequestError, UnsupportedByModelError: as `Relations.place`.
        """
        place = self.relations.place(name, field)
        return self if place is None else self._views.get(place) or self._view(place)

    @property
    def spans_relations(self) -> bool:
        """Whether this is the model of several relations' links together, of which it lists links and scores none."""
        return self.relation is None and bool(self.relations.names)

    def _view(self, place: int) -> "Scorer":
        view = copy(self)
        view._views = {}
        view.relation = self.relations.names[place]
        view.checkpoint = self.checkpoint.of_relation(place)
        view.hubs = hubs(view.checkpoint.graph.degrees())
        view.searches = Search.each(view.checkpoint, self._longest)
        self._views[place] = view
        return view

    @cached_property
    def encoder(self) -> NumpyEncoder:
        """The encoder, made at its first use.

        Raises:
            UnsupportedByModelError: the checkpoint lacks what it takes, or its links have a direction.
        """
        return make_numpy_encoder(self.checkpoint)

    @cached_property
    def link_columns(self) -> LinkColumns:
        """The columns that follow from the links of a node."""
        return make_link_columns(self.checkpoint)

    @cached_property
    def explainer(self) -> Method:
        """How links of this model are explained; raises as `encoder`, unless parts beside a foreign encoder explain them."""
        manifest = self.checkpoint.manifest
        if not manifest.directed and is_foreign(manifest):
            if manifest.parts is None:
                raise UnsupportedByModelError(
                    f"model: expected several parts of the logit to explain it by, found one, of {manifest.encoder!r}, which "
                    "the service can't run; train or publish it with a split, and with parts other than dense"
                )
            return Nothing()
        return make_explainer(self.checkpoint, self.encoder)

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The name of each of the F encoded columns, or its number."""
        preprocessing, width = self.checkpoint.preprocessing, self.checkpoint.manifest.counts.features
        return tuple(map(str, range(width))) if preprocessing is None else preprocessing.names

    def score(self, sources: Int64, targets: Int64) -> PairScores:
        """Logit, probability σ(logit) and whether the edge is known, for m pairs of rows in [0, N)."""
        logits = self.checkpoint.decoder.pairs(sources, targets)
        return PairScores(logits, sigmoid(logits), self.checkpoint.graph.has_edges(sources, targets))

    def scoring_work(self, pairs: int) -> int:
        """Operations of `score`, and of an answer with its numbers."""
        each = _SCORED_BY_RELATION if self.relations.names else _SCORED
        return pairs * (each * self.dim + 2 * LOOKED_UP + _ANSWERED)

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
        """float32 (m, D): z of m rows in [0, N) as targets, or, with `source`, what is multiplied by z for a logit."""
        decoder = self.checkpoint.decoder
        return np.asarray(decoder.source_vectors(rows) if source else decoder.target_vectors[rows])

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
