"""What finds the links of a list."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from latentlink.app.errors import InvalidRequestError
from latentlink.app.schemas.links import LinksRequest
from latentlink.app.services.link_lists.per_node import BestOfEach
from latentlink.app.services.link_lists.whole_graph import BestOfAll
from latentlink.app.services.scorer import Scorer
from latentlink.models.arrays import Array
from latentlink.models.inference.top_links.best import Links
from latentlink.models.inference.top_links.whole_graph import Advance


class Finder(Protocol):
    """Finds links in steps, after each of which another one of the same question can go on.

    Attributes:
        unit: what the items are that it looks at.
    """

    unit: str

    def steps(self) -> Iterator[Advance]:
        """Find on, from where it is."""

    @property
    def found(self) -> int:
        """How many links there are so far."""

    def links(self) -> Links:
        """What is found so far, in order."""

    def state(self) -> dict[str, Array]:
        """What `restore` continues from."""

    def restore(self, state: Mapping[str, Array]) -> None:
        """Go on from a state."""


def finder_of(model: Scorer, asked: LinksRequest) -> Finder:
    """What finds the links that a request asks for.

    Raises:
        InvalidRequestError: fields contradict each other, or name what the model does not have.
        UnsupportedByModelError: the model has no types, relations, columns or calibration, and they are named.
        UnknownNodesError, AmbiguousNodesError: of `sources` or `targets`.
    """
    if (asked.limit is None) == (asked.per_node is None):
        found = "neither" if asked.limit is None else "both"
        raise InvalidRequestError.of("limit", "either limit, of all links, or per_node, of those of each source", found)
    return BestOfAll(model, asked, asked.limit) if asked.limit is not None else BestOfEach(model, asked)
