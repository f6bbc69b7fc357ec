"""Relations: which of its relations a request asks a model about."""

from collections.abc import Sequence
from difflib import get_close_matches

from latentlink.app.errors import InvalidRequestError, UnsupportedByModelError
from latentlink.models.arrays import Int64
from latentlink.models.wording import listed, shortened


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
                raise InvalidRequestError.of(field, f"a relation of the model, {self._some(self.names)}", "none")
            return 0
        if name not in self._places:
            near = get_close_matches(shortened(name), self.names, 3)
            expected = f"a relation of the model, such as {self._some(near or self.names)}"
            raise InvalidRequestError.of(field, expected, repr(shortened(name)))
        return self._places[name]

    def names_of(self, places: Int64) -> list[str]:
        """The names of m relations."""
        return [self.names[place] for place in places.tolist()]

    @staticmethod
    def _some(names: Sequence[str]) -> str:
        return listed(repr(shortened(name)) for name in names)
