"""Answers as tables of pandas, which is no dependency: it is imported when a table is made."""

from collections.abc import Mapping, Sequence
from math import nan
from typing import TYPE_CHECKING, Any

from latentlink.extras import needing

if TYPE_CHECKING:
    from pandas import DataFrame

    from latentlink.client.answers import Interval, Support
    from latentlink.client.explanations import Side


def import_pandas() -> Any:
    """The module.

    Raises:
        ModuleNotFoundError: it is not installed; the message has the command that installs it.
    """
    with needing("pandas"):
        import pandas
    return pandas


def frame(columns: Mapping[str, Any]) -> "DataFrame":
    """A table of columns of one length; those that are None are left out."""
    return import_pandas().DataFrame({name: column for name, column in columns.items() if column is not None})


def annotations(
    intervals: Sequence["Interval | None"] | None, supports: Sequence["Support | None"] | None
) -> dict[str, list[Any]]:
    """Columns of the intervals and the local evidence of pairs; none where they were not requested."""
    columns: dict[str, list[Any]] = {}
    for name in ("logit", "probability") if intervals is not None else ():
        ends = [(nan, nan) if interval is None else getattr(interval, name) for interval in intervals or ()]
        columns |= {f"{name}_low": [low for low, _ in ends], f"{name}_high": [high for _, high in ends]}
    if supports is not None:
        for place, end in enumerate(("source", "target")):
            columns[f"{end}_degree"] = [support and support.degrees[place] for support in supports]
        for name in ("same_component", "distance", "exact", "cold_start"):
            columns[name] = [support and getattr(support, name) for support in supports]
    return columns


def contributions(sides: Sequence["Side"]) -> "DataFrame":
    """A row for each end and node with its contribution; `node` is None in the row of all other nodes."""
    rows = [
        (side.node, node, contribution)
        for side in sides
        for node, contribution in (
            *((part.node, part.contribution) for part in (side.own, *side.others) if part is not None),
            *(() if side.rest is None else [(None, side.rest)]),
        )
    ]
    return import_pandas().DataFrame(rows, columns=["end", "node", "contribution"])
