"""What every engine does for an export."""

from typing import ClassVar, Protocol

from latentlink.models.checkpoint.manifest import is_version
from latentlink.models.errors import DataError
from latentlink.models.publishing.exporters.vector_table import VectorTable


class Target(Protocol):
    """A place in which readers find the vectors of one model under an alias, all of one edition.

    Attributes:
        errors: what the engine's library raises where it is not reached, or refuses.
        shared_links: whether it stores the sparse part of vectors.
    """

    errors: ClassVar[tuple[type[Exception], ...]]
    shared_links: ClassVar[bool]

    def __init__(self, at: str, alias: str) -> None:
        """Open it."""

    def current(self) -> str | None:
        """The edition that readers see, or None.

        Raises:
            DataError: something else has the alias.
        """

    def write(self, table: VectorTable) -> None:
        """Write an edition anew where readers don't see it; what an interrupted export left of it is gone."""

    def verify(self, table: VectorTable) -> None:
        """Hold the edition against the table: the number of nodes, and the inner product as the metric.

        Raises:
            DataError: it differs.
        """

    def switch(self, table: VectorTable) -> None:
        """Show readers the edition, at once; then drop all others."""

    def close(self) -> None:
        """Close it; what was written and not shown is never seen."""


def require_same(where: str, expected: object, found: object) -> None:
    """Raise DataError if what an engine reports about an edition is not what was written."""
    if expected != found:
        raise DataError(f"{where}: expected {expected}, found {found}; delete it and export again")


def taken(alias: str, what: str) -> DataError:
    """The error about an alias that something else has."""
    return DataError(f"--alias: expected a name that nothing but exports has, found {what} {alias!r}; choose another")


def hidden_name(alias: str, edition: str) -> str:
    """The name of an edition in an engine, which readers don't use."""
    return f"{alias}_{edition}"


def is_hidden_name(name: str, alias: str) -> bool:
    """Whether a name is one of an edition that was exported under the alias."""
    return name.startswith(f"{alias}_") and is_version(name.removeprefix(f"{alias}_").partition("_")[0])
