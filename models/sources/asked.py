"""Files that say what predictions are asked for: ids of nodes, and pairs of them."""

from pathlib import Path
from typing import NamedTuple

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.tables import EdgeColumns, TextOptions
from latentlink.models.sources.origins import File


class Pairs(NamedTuple):
    """m pairs in the order of a file.

    Attributes:
        nodes: 2m ids, source and target of each pair in turn.
        relations: the relation of each pair, or None.
    """

    nodes: list[str]
    relations: list[str] | None


def read_ids(path: Path) -> list[str]:
    """The ids in a file: one a line of a .txt file, or the column `node` or `id` of a table.

    Raises:
        DataError: it can't be read, or has no ids.
    """
    if path.suffix.lower() != ".txt":
        return File(path, TextOptions()).read_nodes().ids
    try:
        ids = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: expected a file of ids in UTF-8, one a line, found: {error}") from None
    if not ids:
        raise DataError(f"{path}: expected an id a line, found an empty file")
    return ids


def read_pairs(path: Path, *, relations: bool) -> Pairs:
    """The pairs in a file of links, with the column `relation` of each where `relations` says so; repeats stay.

    Raises:
        DataError: it can't be read, or lacks a column.
    """
    columns = EdgeColumns(relation="relation" if relations else None)
    try:
        table = File(path, TextOptions()).read_edges(columns)
    except DataError as error:
        found, _, way = str(error).rpartition("; ")
        if "--source" not in way:
            raise
        raise DataError(
            f"{found}; call the columns of pairs source and target"
        ) from None  # no options name others here
    labels = table.labels.get("relation")
    named = None if labels is None else [labels.names[place] for place in labels.of.tolist()]
    return Pairs([table.ids[row] for row in table.pairs.ravel().tolist()], named)
