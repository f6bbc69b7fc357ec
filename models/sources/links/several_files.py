"""Links in several files, one for each relation, as the links of one table with a column of relations."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.errors import DataError
from latentlink.models.sources.formats.tables import EdgeTable, Labels
from latentlink.models.sources.origins import Origin


def of_relation(origin: Origin, links: EdgeTable, name: str) -> EdgeTable:
    """The links of one origin, all of one relation.

    Raises:
        DataError: the origin lists nodes as well.
    """
    if links.layout.lists_nodes or origin.tables():
        raise DataError(
            f"{origin}: expected a table of links for --edges {name}=FILE, found {links.layout.form}, which lists its nodes; "
            "write the links as CSV"
        )
    return replace(links, labels={**links.labels, "relation": Labels((name,), np.zeros(len(links.pairs), np.int64))})


def together(files: Sequence[tuple[Origin, EdgeTable]]) -> EdgeTable:
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
        notes=tuple(f"{origin}: {note}" for origin, table in files for note in table.notes),
        layout=tables[0].layout,
        labels=labels,
    )


def _numbered(lists: Sequence[Sequence[str]]) -> tuple[list[str], list[Int64]]:
    """The distinct texts of several lists, in order of first appearance, and the numbers of those of each list."""
    number_of: dict[str, int] = {}
    numbers = [np.array([number_of.setdefault(text, len(number_of)) for text in texts], np.int64) for texts in lists]
    return list(number_of), numbers
