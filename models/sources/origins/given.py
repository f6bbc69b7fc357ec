"""What the caller gives, as origins: links, of one file, query or object or one for each relation, and node tables."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from os import PathLike
from pathlib import Path

from latentlink.models.errors import DataError
from latentlink.models.file_formats import is_query
from latentlink.models.sources.formats.packing import format_suffix
from latentlink.models.sources.formats.tables import TextOptions
from latentlink.models.sources.memory import origin_of
from latentlink.models.sources.memory.geometric.saved import PT, of_file
from latentlink.models.sources.origins import File, Origin, Query
from latentlink.models.sources.origins.inputs import named_file
from latentlink.models.wording import shortened

Origins = Mapping[str | None, Origin]


@contextmanager
def origins(
    edges: object,
    sql: str | None,
    features: object,
    database: str | None,
    text: TextOptions,
    format: str | None,  # noqa: A002 - the option's name
) -> Iterator[tuple[Origins, Origins]]:
    """Links by relation, and node tables by the type of their nodes; those of all stand under None.

    What comes through a pipe is kept on disk as long as the context is open. The arguments are as of `load_graph`.

    Raises:
        DataError: the arguments contradict each other, or an option has no file to go with.
    """
    tables: Origins = {
        kind: _nodes(table, name, database, text) for kind, (name, table) in _by_name(features, "nodes").items()
    }
    if database is not None and sql is None and not any(isinstance(table, Query) for table in tables.values()):
        raise DataError(
            "--database: expected a query for it, found none; give the links with --sql, or nodes with --features"
        )
    by_name = _by_name(edges, "links")
    if format is not None and not any(isinstance(one, str | PathLike) for _, one in by_name.values()):
        raise DataError(f"--format: expected --edges beside it, found {shortened(format)!r} alone; leave it out")
    with ExitStack() as opened:
        links: Origins = (
            {None: _query([*by_name], sql, database)}
            if sql is not None or not by_name
            else {
                relation: _links(one, name, text._replace(triples=relation is None), format, opened)
                for relation, (name, one) in by_name.items()
            }
        )
        _require_uses([*links.values()], [*tables.values()], text)
        whole = links.get(None)
        if whole is not None and (of_relations := whole.relations()):
            links, tables = of_relations, tables or whole.tables()
        yield links, tables


def _by_name(given: object, called: str) -> dict[str | None, tuple[str, object]]:
    """What messages call each object, and the object, by its name; one under None."""
    if isinstance(given, Mapping):
        return {name: (f"{called}[{name!r}]", one) for name, one in given.items()}
    return {} if given is None else {None: (called, given)}


def _query(edges: Collection[str | None], sql: str | None, database: str | None) -> Query:
    """Links of a query, beside no others."""
    if sql is None or edges:
        found = "neither" if sql is None else "both --edges and --sql"
        raise DataError(f"graph: expected one of --edges, --sql and --dataset, found {found}; give one of them")
    return Query("--sql", sql, database)


def _links(
    given: object,
    name: str,
    text: TextOptions,
    format: str | None,  # noqa: A002 - the option's name
    opened: ExitStack,
) -> Origin:
    """Links in a file, which is copied where it comes through a pipe, or in an object."""
    if isinstance(given, str) and is_query(given):
        raise DataError("--edges: expected a file, found a query; give it with --sql")
    if isinstance(given, str | PathLike):
        path = opened.enter_context(named_file(Path(given), format))
        return of_file(path) if format_suffix(path) == PT else File(path, text)
    return origin_of(given, name)


def _nodes(given: object, name: str, database: str | None, text: TextOptions) -> Origin:
    """A node table; a query is one by its first word."""
    if isinstance(given, str) and is_query(given):
        return Query("--features", given, database)
    return File(Path(given), text) if isinstance(given, str | PathLike) else origin_of(given, name)


def _require_uses(links: list[Origin], nodes: list[Origin], text: TextOptions) -> None:
    """Refuse options of texts where there is none to which they apply."""
    other = next((one for one in links if not isinstance(one, File)), None)
    if text.header is not None and other is not None:
        option = "--header" if text.header else "--no-header"
        if isinstance(other, Query):
            raise DataError(f"{other}: expected named columns, found {option}; drop it and name them with AS")
        raise DataError(f"{other}: expected a text beside {option}, such as .csv, found none; drop it")
    given = {"--delimiter": text.delimiter, "--encoding": text.encoding}
    option = next((option for option, value in given.items() if value is not None), "")
    if option and not any(isinstance(one, File) and one.delimited for one in (*links, *nodes)):
        raise DataError(
            f"{option}: expected a table in text, such as .csv, found none; leave it out, or name the format with --format"
        )
