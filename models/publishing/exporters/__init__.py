"""Vectors of a checkpoint into Parquet files and vector databases, without torch: one engine a module.

An export writes a whole version beside the one that readers see and then switches their name to it at once. A training changes
every vector, so that nothing of an older version is kept, and one that was interrupted begins again.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import shorten
from typing import Literal, NamedTuple

from latentlink.models.checkpoint.disk.files import reason
from latentlink.models.errors import DataError
from latentlink.models.publishing.exporters.target import Target
from latentlink.models.publishing.exporters.vector_table import SHARED_LINKS, VectorTable

Engine = Literal["parquet", "qdrant", "pgvector", "milvus"]

_LONGEST_REASON = 300  # characters of what an engine says
_NUMBER = re.compile(r"\[Errno -?\d+\] ")
_STUMBLES = (ValueError, LookupError, TypeError)  # of a library over an address, or a folder that another program wrote


class Outcome(NamedTuple):
    """Of an export: whether anything was written, and which parts of the logits the vectors lack in this engine."""

    new: bool
    leaves_out: list[str]


def export(table: VectorTable, engine: Engine, at: str, alias: str) -> Outcome:
    """Write a table and switch readers to it, if they don't see it yet.

    Args:
        table: the vectors.
        engine: the kind of target.
        at: where it is, in the engine's own way: a folder, a URL, or a connection string.
        alias: the name by which readers ask for the vectors.

    Raises:
        DataError: the target can't be reached, or refuses; or what readers see is not what was once written.
        ModuleNotFoundError: the engine's library is missing.
    """
    with _opened(engine, at, alias) as target:
        new = target.current() != table.edition
        if new:
            target.write(table)
        target.verify(table)
        if new:
            target.switch(table)
        stored = target.shared_links or table.checkpoint.decoder.shared is None
        return Outcome(new, [] if stored else [SHARED_LINKS])


@contextmanager
def _opened(engine: Engine, at: str, alias: str) -> Iterator[Target]:
    kind = _kind(engine)
    with _named(engine, (*kind.errors, *_STUMBLES)):
        target = kind(at, alias)
    with _named(engine, kind.errors):
        try:
            yield target
        finally:
            target.close()


@contextmanager
def _named(engine: Engine, errors: tuple[type[Exception], ...]) -> Iterator[None]:
    """Errors of an engine's library in words; without `--at`, which may hold a password."""
    try:
        yield
    except errors as error:
        found = shorten(_said(error), _LONGEST_REASON, placeholder="...")
        raise DataError(
            f"--at: expected a target for {engine} that takes the vectors, found: {found}; check it, or name another one"
        ) from None


def _said(error: Exception) -> str:
    if isinstance(error, _STUMBLES) and not isinstance(error, UnicodeError):
        return f"what its library can't read, {type(error).__name__}: {error}"
    return getattr(error, "message", None) or _NUMBER.sub("", reason(error)) or type(error).__name__


def _kind(engine: Engine) -> type[Target]:
    """The engine's class, imported at its use: each needs a library of its own."""
    if engine == "parquet":
        from latentlink.models.publishing.exporters.parquet import Parquet

        return Parquet
    if engine == "qdrant":
        from latentlink.models.publishing.exporters.qdrant import Qdrant

        return Qdrant
    if engine == "pgvector":
        from latentlink.models.publishing.exporters.pgvector import PgVector

        return PgVector
    from latentlink.models.publishing.exporters.milvus import Milvus

    return Milvus
