"""What names in a request mean: nodes, types and relations of one loaded model."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import partial
from itertools import islice
from typing import Literal

import numpy as np

from latentlink.app.errors import (
    Ambiguous,
    AmbiguousNodesError,
    InvalidRequestError,
    UnknownNodesError,
    UnsupportedByModelError,
)
from latentlink.app.services.types import Types
from latentlink.models.arrays import Float64, Int64
from latentlink.models.checkpoint import Checkpoint, NodeTable, Texts
from latentlink.models.checkpoint.ids.completion import Completion
from latentlink.models.wording import MOST_LISTED, listed_names, shortened

Outcome = Literal["asked", "unknown", "failed", "paused", "busy", "another"]
"""Of a request that was drawn for a candidate."""


class Observer:
    """Hears what happens to models, by name; does nothing with it."""

    def version_failed(self, model: str) -> None:
        """A version can't be loaded, for a reason that is new."""

    def version_opened(self, model: str, seconds: float) -> None:
        """A version was read and verified, which took so long."""

    def version_closed(self, model: str) -> None:
        """A version was let go, to make room for another one."""

    def ids_unknown(self, model: str, count: int) -> None:
        """A request has ids that the model does not know."""

    def searched(self, model: str, *, exact: bool) -> None:
        """One node's neighbours were found: of all nodes, or of the part that an index chose."""

    def scored(self, model: str, probability: float) -> None:
        """A score of a pair is answered."""

    def scored_many(self, model: str, probabilities: Float64) -> None:
        """Scores of m pairs are answered, (m,)."""

    def shadowed(self, model: str, outcome: Outcome) -> None:
        """A request was drawn for the candidate of a model."""

    def differed(self, model: str, differences: Iterable[float]) -> None:
        """A candidate's probabilities of pairs differ by so much from those that were answered."""

    def overlapped(self, model: str, share: float) -> None:
        """A candidate's list of neighbours has this share of the one that was answered."""


NOBODY = Observer()

LOOKED_UP = 500  # operations that take as long as to find the row of an id


class Relations:
    """The relations of one checkpoint.

    Args:
        model: the name of the model, for messages.
        names: R names; none where links have no relations.
    """

    def __init__(self, model: str, names: Sequence[str]) -> None:
        self._model, self.names = model, tuple(names)
        self._places = {name: place for place, name in enumerate(names)}

    def place(self, name: str | None, field: str = "relation") -> int | None:
        """The place of a relation, by default of the only one; None without a name where links have no relations.

        Raises:
            InvalidRequestError: there is no such relation, or no name where there are several.
            UnsupportedByModelError: links have no relations, and one is named.
        """
        if not self.names:
            if name is not None:
                raise UnsupportedByModelError(
                    f"{field}: expected a model of links with relations, found {self._model} without; leave it out"
                )
            return None
        if name is None:
            if len(self.names) > 1:
                raise InvalidRequestError.of(field, f"one of the relations {listed_names(self.names)}", "none")
            return 0
        if name not in self._places:
            near = get_close_matches(shortened(name), self.names, 3)
            expected = f"a relation of the model such as {listed_names(near or self.names)}"
            raise InvalidRequestError.of(field, expected, repr(shortened(name)))
        return self._places[name]

    def names_of(self, places: Int64) -> list[str]:
        """The names of m relations."""
        return [self.names[place] for place in places.tolist()]


class NodeLookup:
    """The nodes of a checkpoint.

    Args:
        checkpoint: opened and verified.
        observer: of unknown ids.

    Attributes:
        name: the model's.
        version: the checkpoint's.
        completion: finds ids by a part of them.
        types: of the nodes; None where all are of one type.
    """

    def __init__(self, checkpoint: Checkpoint, observer: Observer) -> None:
        self.checkpoint, self.observer = checkpoint, observer
        self.name, self.version = checkpoint.manifest.name, checkpoint.manifest.version
        self.completion = Completion(checkpoint.nodes)
        self.types = Types.of_checkpoint(checkpoint)
        if self.types is not None:
            checkpoint.nodes.repeated  # noqa: B018 - computed before the first request needs it

    @property
    def nodes(self) -> NodeTable:
        """Node ids by row and rows by node id."""
        return self.checkpoint.nodes

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

    def find(
        self,
        nodes: Sequence[str] | Texts,
        kind: int | None = None,
        parameters: Sequence[str] = ("type",),
        field: str = "nodes",
    ) -> Int64:
        """int64 (m,): the row of each id, among nodes of a type or all; −1 for an unknown one.

        Args:
            nodes: m ids.
            kind: the place of the type, or None.
            parameters: of the request that name the types of the ids, in turn.
            field: of the request that has the ids.

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
                raise AmbiguousNodesError(len(found), first, field)
        return rows

    def rows(
        self,
        nodes: Sequence[str] | Texts,
        kind: int | None = None,
        parameters: Sequence[str] = ("type",),
        field: str = "nodes",
    ) -> Int64:
        """int64 (m,): the row of each id, as in `find`.

        Raises:
            UnknownNodesError: some ids are not known; the first 20 are named with close ones.
            AmbiguousNodesError: as `find`.
        """
        rows = self.find(nodes, kind, parameters, field)
        if rows.min(initial=0) < 0:
            unknown = list(dict.fromkeys(_taken(nodes, np.flatnonzero(rows < 0))))
            self.observer.ids_unknown(self.name, int(np.count_nonzero(rows < 0)))
            name = None if kind is None or self.types is None else self.types.names[kind]
            elsewhere = {node: types for node in unknown[:MOST_LISTED] if (types := self._types_of(node))}
            suggest = partial(self.completion.closest, kind=kind)
            raise UnknownNodesError(len(unknown), unknown[:MOST_LISTED], suggest, name, elsewhere, field)
        return rows

    def _types_of(self, node: str) -> list[str]:
        """The names of the types whose nodes have an id; none in a model of one type."""
        types = self.types
        return [] if types is None else list(map(types.name, self.nodes.rows_of(node)))


def _taken(nodes: Sequence[str] | Texts, at: Int64) -> list[str]:
    """The ids at some places."""
    return nodes.take(at).decode() if isinstance(nodes, Texts) else [nodes[i] for i in at.tolist()]
