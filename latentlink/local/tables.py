"""What a notebook shows: tables of metrics and of columns, a model card, and pictures."""

import base64
import html
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from latentlink.client.frames import frame, import_pandas
from latentlink.models.arrays import Array
from latentlink.models.checkpoint.disk.files import read_bytes

if TYPE_CHECKING:
    from pandas import DataFrame

Cell = TypeVar("Cell")

_ROWS = 20  # that are shown of a long table
_COLUMNS = ("auc", "ap", "hits@10", "hits@50", "hits@100", "mrr", "full_mrr", "full_hits@10", "recall@20", "direction")

_METADATA = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


class MetricTable(dict[str, dict[str, Cell | None]], Generic[Cell]):
    """Metrics in 0–1 by scorer and name, `table["model"]["auc"]`, of the model first and then of every heuristic.

    A cell is a number, or mean and deviation over seeds; None where it could not be measured.
    """

    def to_pandas(self) -> "DataFrame":
        """A row for each scorer, a column for each metric."""
        return import_pandas().DataFrame.from_dict(self, orient="index")

    def _repr_html_(self) -> str:
        names = [name for name in _COLUMNS if any(row.get(name) is not None for row in self.values())]
        rows = ([scorer.replace("_", " "), *(cell(row.get(name)) for name in names)] for scorer, row in self.items())
        return html_table(["test", *(name.replace("_", " ") for name in names)], rows)


class Columns(dict[str, Array]):
    """A table as columns, (m,) each, by name: `table["probability"]`."""

    def to_pandas(self) -> "DataFrame":
        """The same as a frame."""
        return frame(self)

    def _repr_html_(self) -> str:
        columns = [column[:_ROWS].tolist() for column in self.values()]
        more = max((len(column) for column in self.values()), default=0) - _ROWS
        rest = f"<p>and {more:,} more rows</p>" if more > 0 else ""
        return html_table(list(self), ([cell(one) for one in row] for row in zip(*columns, strict=True))) + rest


class Card(str):
    """A model card in Markdown, which a notebook renders without the metadata above it."""

    _pictures: dict[str, str]

    def __new__(cls, text: str, pictures: Mapping[str, str]) -> "Card":
        """The card, and the addresses of its pictures by the names that it has for them."""
        card = super().__new__(cls, text)
        card._pictures = dict(pictures)
        return card

    def _repr_markdown_(self) -> str:
        text = _METADATA.sub("", self)
        return re.sub(r"\]\(([\w.-]+)\)", lambda found: f"]({self._pictures.get(found[1], found[1])})", text)


def data_uri(picture: Path) -> str:
    """An SVG as an address that holds it; in an image it can run nothing.

    Raises:
        CheckpointError: the file can't be read.
    """
    return f"data:image/svg+xml;base64,{base64.b64encode(read_bytes(picture)).decode()}"


def html_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of texts, which are escaped."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def cell(value: Any) -> str:  # of whatever column
    """A number with four decimals, a dash for nothing, anything else as it is."""
    if value is None:
        return "–"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
