"""Relations of links, and the parts of a split that a column names."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from latentlink.models.arrays import Int16
from latentlink.models.errors import DataError
from latentlink.models.graph.relations import Relations
from latentlink.models.sources.formats.names import found
from latentlink.models.sources.formats.tables import EdgeTable, Labels, Layout
from latentlink.models.wording import count, listed_names

PART_NAMES = ("train", "valid", "test")
_PARTS = {"train": 0, "training": 0, "valid": 1, "validation": 1, "val": 1, "dev": 1, "test": 2, "testing": 2}
_RELATIONS = ("relation", "predicate", "rel", "interaction", "edge_type", "relation_type")


def require_relational(
    relation: str | None, source_type: str | None, type_column: str | None, weight: str | None, time: str | None
) -> None:
    """Refuse what links with relations can't have.

    Raises:
        DataError: there is a column of relations, and one of the others.
    """
    given = {"--source-type": source_type, "--type-column": type_column, "--weight": weight, "--time-column": time}
    option = next((option for option, value in given.items() if value is not None), None)
    if relation is not None and option is not None:
        raise DataError(
            f"--relation-column: expected no {option} beside it, found {given[option]!r}; links with relations lead from any "
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


def loop_notes(table: EdgeTable) -> Iterator[str]:
    """A note on triples of a node with itself, which are dropped."""
    loops = int((table.pairs[:, 0] == table.pairs[:, 1]).sum())
    if loops and "relation" in table.labels:
        yield f"{count(loops, 'triple')} of a node with itself {'is' if loops == 1 else 'are'} dropped and not evaluated."


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
    parts = [_PARTS.get(name.strip().casefold(), -1) for name in labels.names]
    if wrong := [name for name, part in zip(labels.names, parts, strict=True) if part < 0]:
        raise DataError(
            f"--split-column: expected train, valid or test in each row, found "
            f"{listed_names(wrong)}; write one of these"
        )
    return np.array(parts, np.int16)[labels.of]
