"""Errors about models and versions that are not there."""

from collections.abc import Iterable, Sequence

from latentlink.models.checkpoint.manifest import MANIFEST
from latentlink.models.errors import DataError
from latentlink.models.wording import MOST_LISTED, listed, shortened

_SHOWN = 3  # versions in a message, the newest ones


def no_such_model(names: Iterable[str], place: object, name: str) -> DataError:
    """The error about a model that is not in a directory or at a URL.

    Args:
        names: of the models there that have a current version.
        place: the directory or URL.
        name: what was asked for.
    """
    known, found = listed(names, MOST_LISTED), repr(shortened(name))
    if known:
        return DataError(f"model: expected one of {known} in {place}, found {found}")
    return DataError(
        f"model: expected the name of a model in {place}, found {found}, and no model there that has a current version; "
        "train one, or name another place"
    )


def no_version_in(directory: str, store: object) -> DataError:
    """The error about a directory that is neither a version's nor a model's."""
    return DataError(
        f"model: expected a version's directory, or that of a model with versions, found {shortened(directory)!r}, "
        f"which has no {MANIFEST} and no versions; name another one, or a model of {store}"
    )


def unknown_version(name: str, version: str, present: Sequence[str]) -> str:
    """The message about a version that a model does not have, with the newest that it has.

    Args:
        name: the model's.
        version: what was asked for.
        present: the model's versions, oldest first.
    """
    newest = listed(reversed(present), _SHOWN) or "none"
    return f"version of {name}: expected one of {newest}, found {shortened(version)!r}"
