"""Links in several files, one for each relation, as the links of one table with a column of relations."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.errors import DataError
from latentlink.models.sources.formats.tables import EdgeTable, Labels


def of_relation(what: str, links: EdgeTable, name: str) -> EdgeTable:
    """The links of a file, all of one relation.

    Raises:
        DataError: the file lists nodes as well.
    """
    if links.layout.lists_nodes:
        raise DataError(
            f"{what}: expected a table of links for --edges {name}=FILE, found {links.layout.form}, which lists its nodes; write "
            "the links as CSV"
        )
    return replace(links, labels={**links.labels, "relation": Labels((name,), np.zeros(len(links.pairs), np.int64))})


def together(files: Sequence[tuple[Path, EdgeTable]]) -> EdgeTable:
    """The links of several files, one after the other: an id is the same node in all of them."""
    tables = [table for _, table in files]
    ids, rows = _numbered([table.ids for table in tables])
    labels = {}
    for label in tables[0].labels:
        names, codes = _numbered([table.labels[label].names for table in tables])
        of = [code[table.labels[label].of] for code, table in zip(codes, tables, strict=True)]
        labels[label] = Labels((*names,), np.concatenate(of))
    return EdgeTable(
        ids=ids,
        pairs=np.concatenate([own[table.pairs] for own, table in zip(rows, tables, strict=True)]),
        weights=None,
        notes=tuple(f"{path}: {note}" for path, table in files for note in table.notes),
        layout=tables[0].layout,
        labels=labels,
        files=(*files,),
    )


def _numbered(lists: Sequence[Sequence[str]]) -> tuple[list[str], list[Int64]]:
    """The distinct texts of several lists, in order of first appearance, and the numbers of those of each list."""
    number_of: dict[str, int] = {}
    numbers = [np.array([number_of.setdefault(text, len(number_of)) for text in texts], np.int64) for texts in lists]
    return list(number_of), numbers
