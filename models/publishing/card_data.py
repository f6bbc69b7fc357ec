"""The part of a model card on node columns: how each was read."""

from collections.abc import Iterator

from latentlink.models.graph.preprocessing import Preprocessing
from latentlink.models.publishing.markdown import one_line, table

_KINDS = {"number": "number, standardised", "binary": "0 or 1", "category": "category", "list": "list"}
_LISTED = 100  # columns; a card of thousands is none


def columns_section(preprocessing: Preprocessing | None) -> str:
    """A row for each column of the node table: how it was read, and how many features it became; empty without a table."""
    if preprocessing is None:
        return ""
    header, rows = ["column", "read as", "features"], [*_rows(preprocessing)]
    if preprocessing.types:
        header = ["type", *header]
        rows = [(one_line(kind), *row) for kind, part in preprocessing.types.items() for row in _rows(part)]
    left = f"\n\nand {len(rows) - _LISTED:,} more, in `preprocessing.json`." if len(rows) > _LISTED else ""
    return f"\nColumns of the node table{'s' * bool(preprocessing.types)}:\n\n{table(header, rows[:_LISTED])}{left}\n"


def _rows(preprocessing: Preprocessing) -> Iterator[tuple[str, ...]]:
    for column in preprocessing.columns:
        yield one_line(column.name), _KINDS[column.kind], f"{len(column.names):,}"
    for name, reason in preprocessing.ignored.items():
        yield one_line(name), f"ignored: {reason}", "0"
