"""What a graph is, and how it was read: in lines, as the command prints them, and as a small table for notebooks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from latentlink.models.arrays import Float32
from latentlink.models.option_names import READ_GRAPH, in_python
from latentlink.models.wording import count, listed, listed_names

if TYPE_CHECKING:
    from latentlink.models.graph.graph import Graph

_COLUMNS = 10  # of a line


@dataclass(frozen=True)
class Reading:
    """What became of one file, or of the result of a query.

    Attributes:
        what: the file, or "--sql".
        holds: "links" or "nodes".
        form: its format, with delimiter and header where there are any.
        columns: names of columns or attributes, in the order of the file, each with what it was taken as.
        unused: names of the columns of links that were not taken.
        first: the ends of the first link; None of nodes.
    """

    what: str
    holds: str
    form: str
    columns: tuple[tuple[str, str], ...] = ()
    unused: tuple[str, ...] = ()
    first: tuple[str, str] | None = None


def weight_range(weights: Float32) -> str:
    """The least and the greatest weight, each in the fewest digits that name it in float32."""
    least, greatest = (float(str(weight)) for weight in (weights.min(), weights.max()))
    return f"{least:.10g} to {greatest:.10g}"


def size_line(graph: "Graph") -> str:
    """One line: the size, merged duplicates and dropped self-loops, the range of weights, and features."""
    dropped = f"{count(graph.duplicates, 'duplicate')} merged, {count(graph.self_loops, 'self-loop')} dropped"
    return f"{_nodes(graph)}, {_edges(graph)} ({dropped}), {_weights(graph)}, {_features(graph)}"


def reading_lines(readings: Iterable[Reading]) -> Iterator[str]:
    """A line on each file: how it was read, what each column was taken as, and the first link."""
    for reading in readings:
        taken = [f"{name!r} {meaning}" for name, meaning in reading.columns]
        parts = [listed(taken, _COLUMNS)] if taken else []
        if reading.unused:
            parts.append(f"not used: {listed_names(reading.unused, _COLUMNS)}")
        if reading.first:
            parts.append("first link {!r} - {!r}".format(*reading.first))
        yield f"{reading.holds:<10} {reading.what} ({reading.form}): {'; '.join(parts)}".removesuffix(": ")


def html_table(graph: "Graph") -> str:
    """A row for the nodes, the edges, weights and features, for each reading and each note; all texts are escaped."""
    rows = [
        ("nodes", _nodes(graph)),
        ("edges", _edges(graph)),
        ("weights", _weights(graph).removeprefix("weights ")),
        ("features", _features(graph)),
        *(tuple(line.split(maxsplit=1)) for line in reading_lines(graph.readings)),
        *(("note", in_python(note, READ_GRAPH)) for note in graph.notes),
    ]
    cells = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">{escape(text)}</td></tr>'
        for name, text in rows
    )
    return f"<table>{cells}</table>"


def _nodes(graph: "Graph") -> str:
    kinds = "" if graph.types is None else f" ({listed(f'{n:,} {name}' for name, n in graph.types.counts().items())})"
    return f"{count(graph.n_nodes, 'node')}{kinds}"


def _edges(graph: "Graph") -> str:
    edges = count(graph.n_edges, "directed edge" if graph.directed else "edge")
    return edges if graph.relations is None else f"{edges} of {count(len(graph.relations.names), 'relation')}"


def _weights(graph: "Graph") -> str:
    return "unweighted" if graph.weights is None else f"weights {weight_range(graph.weights)}"


def _features(graph: "Graph") -> str:
    return count(graph.n_features, "feature") if graph.n_features else "no features: every node learns an embedding"
