"""Rows of the tables of `benchmarks.quality`: a metric over seeds as text, and where rows are kept."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks._results import machine, result_file, today
from latentlink.models.facts.metrics import LinkMetrics

Cells = dict[str, list[float]]
"""Values over seeds, by the name of their metric on disk."""
Row = dict[str, Any]
"""What is kept of a row: names, and lists over seeds in percent, by the names of metrics on disk."""

_NAMES = ("graph", "encoder", "model")  # which row it is


def percent(metrics: Sequence[LinkMetrics], metric: str) -> list[float]:
    """A metric over seeds by its name on disk; empty where it was not measured."""
    values = [one.by_name().get(metric) for one in metrics]
    return [100 * value for value in values if value is not None]


def best_of(values: Mapping[str, list[float]]) -> tuple[str, list[float]]:
    """The name with the best mean, and its values; empty ones where there are none."""
    measured = {name: some for name, some in values.items() if some}
    return max(measured.items(), key=lambda item: float(np.mean(item[1])), default=("", []))


def spread(values: Sequence[float]) -> str:
    """`95.71 ± 0.47`, or a dash for no values."""
    return f"{np.mean(values):.2f} ± {np.std(values):.2f}" if values else "–"


def keep_rows(table: str, rows: Sequence[Row], *, seeds: int, quick: bool) -> None:
    """Write each row with its date over the older one of the same table and names; the others stay."""
    file, common = result_file("quality", quick=quick), {"date": today(), "machine": machine(), "seeds": seeds}
    kept = json.loads(file.read_text()) if file.exists() else {}
    merged = {_name(row): row for row in (*kept.get(table, ()), *(common | _rounded(row) for row in rows))}
    file.write_text(json.dumps(kept | {table: list(merged.values())}, indent=1, ensure_ascii=False) + "\n")


def _name(row: Row) -> tuple[object, ...]:
    return tuple(row.get(key) for key in _NAMES)


def _rounded(value: Any) -> Any:
    """The same with three digits behind the point."""
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value
