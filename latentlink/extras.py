"""The message of a missing package: the command that installs it, in place of "No module named"."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needing(requirement: str) -> Iterator[None]:
    """Word the error of an import in the block.

    Args:
        requirement: what to pass to pip, such as `latentlink[train]`.

    Raises:
        ModuleNotFoundError: a package is missing; the message has the command that installs it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(how_to_install(error, requirement), name=error.name) from None


def how_to_install(error: ModuleNotFoundError, requirement: str) -> str:
    """Which package is missing, and what to pass to pip.

    Args:
        error: of the import; that of a module of this package is a bug, and raised again.
        requirement: of pip, such as `latentlink[train]`.
    """
    package = str(error.name).partition(".")[0]
    if package == "latentlink":
        raise error
    return f"expected the package {package}, found none; pip install '{requirement}'"
