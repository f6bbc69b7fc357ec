"""One loaded model: from node ids to logits, embeddings and neighbours."""

from collections.abc import Sequence
from functools import cached_property, partial
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from latentlink.app.errors import (
    MOST_LISTED,
    Ambiguous,
    AmbiguousNodesError,
    UnknownNodesError,
    UnsupportedByModelError,
)
from latentlink.app.schemas.requests import Direction
from latentlink.app.services.encoder import make_link_columns, make_numpy_encoder
from latentlink.app.services.explaining.methods import make_explainer
from latentlink.app.services.explaining.sides import Method
from latentlink.app.services.hubs import hubs
from latentlink.app.services.search.directed import Search
from latentlink.app.services.search.searcher import Searcher
from latentlink.app.services.types import Types
from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.checkpoint import Checkpoint, NodeTable, Texts
from latentlink.models.checkpoint.ids.completion import Completion
from latentlink.models.inference.encoders import LinkColumns, NumpyEncoder
from latentlink.models.inference.scoring import sigmoid, sigmoid_of

LOOKED_UP = 500  # operations that take as long as to find the row of an id
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
        hubs: up to ten rows with the most known links, and how many each has.
        types: of the nodes; None where all are of one type.
        searches: by their direction; without "in" where links have none.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.completion = Completion(checkpoint.nodes)
        self.hubs = hubs(checkpoint.graph.degrees())
        self.types = Types.of_checkpoint(checkpoint)
        if self.types is not None:
            checkpoint.nodes.repeated  # noqa: B018 - computed before the first request needs it
        directions: tuple[Direction, ...] = ("out", "in") if checkpoint.manifest.directed else ("out",)
        self.searches = {direction: Search.of(checkpoint, direction) for direction in directions}

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

    @property
    def searcher(self) -> Searcher:
        """The search for the targets of links from a node, or for neighbours where links have no direction."""
        return self.searches["out"].searcher

    def search(self, direction: Direction | None = None) -> Search:
        """The search in a direction, by default "out".

        Raises:
            UnsupportedByModelError: links have no direction, and one is given.
        """
        if direction is not None and len(self.searches) == 1:
            raise UnsupportedByModelError(
                f"direction: expected a model of directed links, found {self.name}@{self.version} of links without direction; "
                "leave it out"
            )
        return self.searches[direction or "out"]

    def kind(self, name: str | None, field: str) -> int | None:
        """The place of a type, or None for none.

        Raises:
            UnsupportedByModelError: all nodes are of one type.
            InvalidRequestError: there is no such type.
        """
        if name is None:
            return None
        if self.types is None:
            raise UnsupportedByModelError(
                f"{field}: expected a model of typed nodes, found {self.name}@{self.version} of nodes of one type; leave it out"
            )
        return self.types.place(name, field)

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
        """How links of this model are explained; raises as `encoder`."""
        return make_explainer(self.checkpoint, self.encoder)

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The name of each of the F encoded columns, or its number."""
        preprocessing, width = self.checkpoint.preprocessing, self.checkpoint.manifest.counts.features
        return tuple(map(str, range(width))) if preprocessing is None else preprocessing.names

    def find(
        self, nodes: Sequence[str] | Texts, kind: int | None = None, parameters: Sequence[str] = ("type",)
    ) -> Int64:
        """int64 (m,): the row of each id, among nodes of a type or all; −1 for an unknown one.

        Args:
            nodes: m ids.
            kind: the place of the type, or None.
            parameters: of the request that name the types of the ids, in turn.

        Raises:
            AmbiguousNodesError: nodes of several types have some of the ids, and `kind` names none of them.
        """
        rows = self.nodes.rows(nodes, kind)
        if self.types is not None and kind is None:
            at = np.flatnonzero(self.nodes.repeated[rows] & (rows >= 0))
            if len(at):
                named = (parameters[place] for place in (at % len(parameters)).tolist())
                found = dict.fromkeys(zip(_taken(nodes, at), named, strict=True))
                first = [Ambiguous(node, self._types_of(node), named) for node, named in islice(found, MOST_LISTED)]
                raise AmbiguousNodesError(len(found), first)
        return rows

    def rows(
        self, nodes: Sequence[str] | Texts, kind: int | None = None, parameters: Sequence[str] = ("type",)
    ) -> Int64:
        """int64 (m,): the row of each id, as in `find`.

        Raises:
            UnknownNodesError: some ids are not known; the first 20 are named with close ones.
            AmbiguousNodesError: as `find`.
        """
        rows = self.find(nodes, kind, parameters)
        if (rows < 0).any():
            unknown = list(dict.fromkeys(_taken(nodes, np.flatnonzero(rows < 0))))
            name = None if kind is None or self.types is None else self.types.names[kind]
            elsewhere = {node: types for node in unknown[:MOST_LISTED] if (types := self._types_of(node))}
            suggest = partial(self.completion.closest, kind=kind)
            raise UnknownNodesError(len(unknown), unknown[:MOST_LISTED], suggest, name, elsewhere)
        return rows

    def _types_of(self, node: str) -> list[str]:
        """The names of the types whose nodes have an id; none in a model of one type."""
        types = self.types
        return [] if types is None else list(map(types.name, self.nodes.rows_of(node)))

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


def _taken(nodes: Sequence[str] | Texts, at: Int64) -> list[str]:
    """The ids at some places."""
    return nodes.take(at).decode() if isinstance(nodes, Texts) else [nodes[i] for i in at.tolist()]
