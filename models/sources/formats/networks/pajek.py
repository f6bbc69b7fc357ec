"""Pajek: a list of vertices, and sections of arcs and edges, of lists of them, or with a matrix."""

import re
import shlex
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.library import reading
from latentlink.models.sources.formats.networks.network import Attributes, Link, Network, Node, network

_SECTION = re.compile(r"\*(network|vertices|arcslist|edgeslist|arcs|edges|matrix)\b(.*)\n?", re.IGNORECASE)


def read_pajek(path: Path, file: BinaryIO) -> Network:
    """Read the one network of a file; partitions and vectors behind it, and places and shapes of vertices, are not read.

    Vertices are called by their labels, else by their numbers; old files are Latin-1. Arcs are directed, edges are not, nor is
    a symmetric matrix.

    Raises:
        DataError: it has no or several networks, a label stands twice, or an end of a link is no vertex.
    """
    content = file.read()
    with reading(path, "a network of Pajek"):
        lines = _text(content).splitlines(keepends=True)
        text = "".join(line for line in lines if line.strip() and not line.startswith("%"))
        parts = re.split(r"(?m)^(?=\*)", text.replace("\r\n", "\n"))
        sections = [*takewhile(bool, (_SECTION.match(part) for part in parts if part))]
        bodies = [(m[1].lower(), m[2].split(), m.string[m.end() :].splitlines()) for m in sections if m is not None]
        vertices = [(size, body) for kind, size, body in bodies if kind == "vertices"]
        if len(vertices) != 1:
            raise DataError(f"{path}: expected one list *Vertices, found {len(vertices)}; write each network to a file")
        [([size, *_], listed)] = vertices
        if int(size) > max(1 << 20, len(content)):
            raise DataError(
                f"{path}: expected as many vertices as there are lines, found {int(size):,}; correct *Vertices"
            )
        label_of = {number: label for number, label, *_ in (2 * shlex.split(line)[:2] for line in listed)}
        ids = [label_of.get(str(number), str(number)) for number in range(1, int(size) + 1)]
        numbers = list(map(str, range(1, len(ids) + 1)))
        if len(label_of) < len(listed) or not label_of.keys() <= set(numbers):
            raise DataError(f"{path}: expected vertices 1 to {size}, each once, found others; correct *Vertices")
        named = dict(zip(numbers, ids, strict=True))
        links, directions = list[Link](), set[bool]()
        for kind, relation, body in bodies:
            if kind not in ("network", "vertices") and body:
                facts = {"relation": " ".join(relation).strip(':"')} if relation else {}
                directed, found = _section(kind, facts, body, lambda number: named.get(number, f"number {number}"))
                links += found
                directions.add(directed)
    return network(path, [Node(label, {}) for label in ids], links, directions=directions)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _section(kind: str, facts: Attributes, body: list[str], called: Callable[[str], str]) -> tuple[bool, list[Link]]:
    """Whether the links of a section are directed, and the links."""
    if kind != "matrix":
        return kind.startswith("arcs"), [*_listed(kind, facts, body, called)]
    cells = {(row, at): float(cell) for row, line in enumerate(body, 1) for at, cell in enumerate(line.split(), 1)}
    mutual = all(cells.get((at, row)) == cell for (row, at), cell in cells.items())
    return not mutual, [
        Link(called(str(row)), called(str(at)), {**facts, "weight": cell})
        for (row, at), cell in cells.items()
        if cell and (row <= at or not mutual)
    ]


def _listed(kind: str, facts: Attributes, body: list[str], called: Callable[[str], str]) -> Iterator[Link]:
    """A line has two ends and a weight, or, in a list, one and those that it is linked to."""
    for one, *others in map(shlex.split, body):
        if kind.endswith("list"):
            yield from (Link(called(one), called(other), facts) for other in others)
        else:
            other, *weight = others
            yield Link(called(one), called(other), {**facts, "weight": float(weight[0])} if weight else facts)
