"""How readers ask each engine: all rows under an alias, and the best targets of a vector, in the engine's own language."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import duckdb

from latentlink.models.arrays import Float32
from latentlink.models.publishing.exporters import Engine


class Reader(Protocol):
    """An engine at one place."""

    engine: ClassVar[Engine]

    @property
    def at(self) -> str:
        """What `--at` is given."""

    def rows(self, alias: str) -> list[dict[str, Any]]:
        """All rows in order, each with its fields and vectors by name."""

    def best(self, alias: str, query: Float32, barred: Sequence[str], kind: str | None) -> list[str]:
        """The 10 targets with the largest inner products, best first, of one type if there are types."""

    def names(self) -> set[str]:
        """Everything that the engine holds, what readers don't use among it."""


@dataclass
class ParquetReader:
    """DuckDB on a folder of Parquet files."""

    engine: ClassVar[Engine] = "parquet"
    at: str

    def rows(self, alias: str) -> list[dict[str, Any]]:
        """By a scan."""
        found = duckdb.execute(f"FROM '{self.at}/{alias}.parquet' ORDER BY row")
        names = [name for name, *_ in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def best(self, alias: str, query: Float32, barred: Sequence[str], kind: str | None) -> list[str]:
        """By DuckDB's inner product of lists."""
        found = duckdb.execute(
            f"SELECT node FROM '{self.at}/{alias}.parquet' "
            f"WHERE NOT list_contains(?, node) {'AND type = ?' if kind else ''} "
            "ORDER BY list_inner_product(target, ?::FLOAT[]) DESC LIMIT 10",
            [list(barred), *([kind] if kind else []), query.tolist()],
        )
        return [node for (node,) in found.fetchall()]

    def names(self) -> set[str]:
        """The files."""
        return {path.name for path in Path(self.at).iterdir()}
