"""Standard input, pipes, and files whose name doesn't say their format."""

import gzip
import io
import os
import sys
import threading
from pathlib import Path

import pytest

from latentlink.app.cli.data_options import Data
from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph

CSV = b"source,target\na,b\nb,c\n"
GRAPHML = b'<graphml><graph><node id="1"/><node id="2"/><edge source="1" target="2"/></graph></graphml>'


@pytest.mark.parametrize(
    ("content", "format_", "edges"),
    [(CSV, None, 2), (CSV, "csv", 2), (gzip.compress(b"1 2\n2 3\n", mtime=0), "txt.gz", 2), (GRAPHML, "graphml", 1)],
)
def test_standard_input_is_read_in_any_format(
    monkeypatch: pytest.MonkeyPatch, content: bytes, format_: str | None, edges: int
) -> None:
    """Text unless the format is named, and called `stdin`."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    graph = load_graph(edges="-", format=format_)
    assert (graph.n_edges, graph.readings[0].what) == (edges, "stdin")


def test_errors_of_standard_input_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not the file that it was copied to."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CSV + b",d\n")))
    with pytest.raises(DataError, match=r"^stdin, line 4: link"):
        load_graph(edges="-")


@pytest.mark.parametrize(("name", "way"), [("-", r"pass --format txt\.gz$"), ("links.csv", r"add \.gz to its name$")])
def test_a_packed_text_is_told_how_it_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, way: str
) -> None:
    """By its name, if it has one; standard input has none."""
    packed = gzip.compress(CSV)
    (tmp_path / "links.csv").write_bytes(packed)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packed)))
    with pytest.raises(DataError, match=way):
        load_graph(edges=name)


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    """As what a shell leaves in place of `<(zcat e.csv.gz)`."""
    os.mkfifo(tmp_path / "e.csv")
    writer = threading.Thread(target=(tmp_path / "e.csv").write_bytes, args=(CSV,))
    writer.start()
    assert load_graph(edges=tmp_path / "e.csv").n_edges == 2
    writer.join()


def test_a_format_stands_in_place_of_a_suffix(tmp_path: Path) -> None:
    """The message about an unknown suffix names the option; messages call the file by its name."""
    path = tmp_path / "e.psv"
    path.write_text("no|writer|reader\n1|a|f\n2|b|f\n3|b|g\n")
    with pytest.raises(DataError, match="--format txt"):
        load_graph(edges=path)
    with pytest.raises(DataError, match=rf"^{path}, line 1: header: .* --source writer --target reader"):
        load_graph(edges=path, format="txt")
    assert load_graph(edges=path, format="txt", source="writer", target="reader").n_edges == 3


@pytest.mark.parametrize(
    "options",
    [
        {"edges": "e.csv", "format": "docx"},
        {"sql": "SELECT 1 AS source, 2 AS target", "format": "csv"},
        {"sql": "SELECT 1 AS source, 2 AS target", "delimiter": "tab"},
        {"sql": "SELECT 1 AS source, 2 AS target", "encoding": "latin-1"},
        {"dataset": "karate", "delimiter": "tab"},
    ],
)
def test_options_without_use_are_refused(options: dict[str, str]) -> None:
    """Nothing that is asked for is left out in silence."""
    with pytest.raises(DataError, match=r"--(format|delimiter|encoding)"):
        load_graph(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "model"),
    [("e.csv.gz", "e"), ("my.graph.txt.zst", "my.graph"), ("out.karate", "karate"), ("out.csv", "out"), ("-", "stdin")],
)
def test_a_model_is_called_as_its_file(name: str, model: str) -> None:
    """Without the suffixes of packing and format, and as KONECT's network."""
    assert Data(edges=[name]).name == model
