"""Relations of links, and the parts of a split that a column names."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from latentlink.models.arrays import Int16
from latentlink.models.errors import DataError
from latentlink.models.graph.relations import Relations
from latentlink.models.sources.formats.names import PARTS, found
from latentlink.models.sources.formats.tables import EdgeTable, Labels, Layout
from latentlink.models.sources.ids import nearly_equal_notes
from latentlink.models.wording import count, listed_names, shortened

PART_NAMES = ("train", "valid", "test")
_RELATIONS = ("relation", "predicate", "rel", "interaction", "edge_type", "relation_type", ":TYPE")


def require_relational(
    relation: str | None,
    by_file: bool,
    source_type: str | None,
    type_column: str | None,
    weight: str | None,
    time: str | None,
    tabled: Sequence[str] = (),
) -> None:
    """Refuse what links with relations can't have; `tabled` are types with node tables of their own.

    Raises:
        DataError: there is a column of relations, or a file for each, and one of the others; or both.
    """
    if by_file and relation is not None:
        raise DataError(
            f"--relation-column: expected none beside --edges RELATION=FILE, which names the relation, found {relation!r}; leave "
            "out one"
        )
    named = "--edges RELATION=FILE" if by_file else None if relation is None else "--relation-column"
    given = {"--source-type": source_type, "--type-column": type_column, "--weight": weight, "--time-column": time}
    given["--features TYPE=FILE"] = next(iter(tabled), None)
    option = next((option for option, value in given.items() if value is not None), None)
    if named is not None and option is not None:
        raise DataError(
            f"{named}: expected no {option} beside it, found {given[option]!r}; links with relations lead from any "
            f"node to any other, without weights and times: leave out {option}, or the relations"
        )


def with_relations(table: EdgeTable) -> EdgeTable:
    """Links with relations, which take no weights that nobody named."""
    if "relation" not in table.labels or table.weights is None:
        return table
    note = f"The weights {table.layout.weight!r} are not used: links with relations have none."
    layout = replace(table.layout, weight=None, unused=(*table.layout.unused, table.layout.weight or ""))
    return replace(table, weights=None, notes=(*table.notes, note), layout=layout)


def relations_of(table: EdgeTable) -> Relations | None:
    """The relations of the links, or None where no column has them.

    Raises:
        DataError: there are more than 1,000.
    """
    if "relation" not in table.labels:
        return None
    names, of = table.labels["relation"]
    return Relations(names, of.astype(np.int16) if len(names) < 2**15 else np.zeros(len(of), np.int16))


def triple_notes(table: EdgeTable) -> Iterator[str]:
    """Notes on triples of a node with itself, which are dropped, and on names of relations that are ids or look alike."""
    if "relation" not in table.labels:
        return
    if loops := int((table.pairs[:, 0] == table.pairs[:, 1]).sum()):
        yield f"{count(loops, 'triple')} of a node with itself {'is' if loops == 1 else 'are'} dropped and not evaluated."
    names = table.labels["relation"].names
    yield from nearly_equal_notes("relations", names)
    if alike := sorted({*names} & {*table.ids}):
        yield (
            f"Nodes have the names of {len(alike):,} of {count(len(names), 'relation')}, such as {shortened(alike[0])!r}; if the "
            "columns are mixed up, correct which of them are named."
        )


def relation_hint(layout: Layout) -> Iterator[str]:
    """A note on a column that is not used and may hold relations."""
    name = next((one for usual in _RELATIONS if (one := found(usual, layout.unused)) is not None), None)
    if name is not None and (layout.named or layout.lists_nodes) and layout.relation is None:
        yield f"{name!r} is not used; if it holds the relations of the links, pass --relation-column {name}."


def parts_of(labels: Labels | None) -> Int16 | None:
    """The part of the split that each link is of, int16 (m,): 0 training, 1 validation, 2 test; None without a column.

    Raises:
        DataError: a text is the name of no part.
    """
    if labels is None:
        return None
    parts = [PARTS.get(name.strip().casefold(), -1) for name in labels.names]
    if wrong := [name for name, part in zip(labels.names, parts, strict=True) if part < 0]:
        raise DataError(
            f"--split-column: expected train, valid or test in each row, found "
            f"{listed_names(wrong)}; write one of these"
        )
    return np.array(parts, np.int16)[labels.of]
