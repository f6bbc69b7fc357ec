"""Texts that are copied to be read: attributes of networkx, packings, encodings, and fields between blanks."""

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph
from latentlink.models.sources.formats import delimited, packing
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns
from tests.models.sources.formats.test_texts import links, read, rows

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd.compress,
}


@pytest.mark.parametrize("weights", [True, False])
@pytest.mark.parametrize("write", [nx.write_edgelist, nx.write_weighted_edgelist, nx.write_gexf])
def test_networkx_reads_the_same(tmp_path: Path, write: Callable[..., None], weights: bool) -> None:
    """Its edge lists, with a dict of attributes or a third column; what isn't text is refused."""
    network = nx.gnp_random_graph(30, 0.2, seed=1)
    network.add_edges_from([(a, b, {"weight": 1 + a / 7, "note": "a b"} if weights else {}) for a, b in network.edges])
    write(network, tmp_path / "e.txt")
    if write is nx.write_gexf:
        with pytest.raises(DataError, match="expected text"):
            delimited.read_edges(tmp_path / "e.txt")
        return
    third = write is nx.write_weighted_edgelist and weights
    table = delimited.read_edges(tmp_path / "e.txt", EdgeColumns(weight="3") if third else COLUMNS)
    assert links(table) == [(str(a), str(b)) for a, b in network.edges]
    if weights:
        assert table.weights is not None
        assert table.weights.tolist() == pytest.approx([network.edges[link]["weight"] for link in network.edges])


def test_attributes_may_hold_numbers_of_numpy(tmp_path: Path) -> None:
    """Whose text is not that of Python's; the line of an error is that of the file."""
    text = "# by networkx\na b {'weight': np.float64(0.5)}\nb c {'weight': np.int64(2)}\n"
    weights = read(tmp_path, text, "e.edgelist").weights
    assert weights is not None
    assert weights.tolist() == [0.5, 2]
    with pytest.raises(DataError, match=r"line 4: weight: .* found '-1'"):
        read(tmp_path, text + "b c {'weight': -1}\n", "e.edgelist")


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("name", ["e.csv", "e.edges", "g.gml"])
def test_every_text_may_be_packed(tmp_path: Path, suffix: str, name: str) -> None:
    """Tables and graph files read as they do unpacked."""
    gml = "graph [ node [ id 1 ] node [ id 2 ] edge [ source 1 target 2 ] ]"
    text = {"e.csv": rows(",", "source,target\n"), "e.edges": rows(" "), "g.gml": gml}[name]
    (tmp_path / f"{name}{suffix}").write_bytes(PACKERS[suffix](text.encode()))
    assert load_graph(edges=tmp_path / f"{name}{suffix}").n_edges == (1 if name == "g.gml" else 4)


def test_a_copy_takes_no_more_than_a_graph_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeats without end never fill the disk; the message has the command that unpacks them."""
    monkeypatch.setattr(packing, "_ANY", 1 << 20)
    with pytest.raises(DataError, match=r"expected at most 100 times the packed size.* unxz -k "):
        read(tmp_path, lzma.compress(b"1,2\n" * (1 << 20), preset=0), "e.csv.xz")


@pytest.mark.parametrize(
    ("encoding", "option"),
    [("utf-8-sig", None), ("utf-16", None), ("latin-1", "latin-1"), ("cp1252", "cp1252"), ("utf-16-le", "utf-16-le")],
)
@pytest.mark.parametrize("between", [",", " "])
def test_encodings_are_marked_or_named(tmp_path: Path, encoding: str, option: str | None, between: str) -> None:
    """A byte order mark is enough; other files name theirs with the option that the error names."""
    text = f"source{between}target\nZoë{between}b\nb{between}ü\n".encode(encoding)
    assert links(read(tmp_path, text, "e.csv", encoding=option)) == [("Zoë", "b"), ("b", "ü")]
    if option:
        with pytest.raises(DataError, match="--encoding"):
            read(tmp_path, text, "e.csv")


def test_utf_8_under_the_name_of_another_encoding_is_noted(tmp_path: Path) -> None:
    """It is read as the option says, into other letters."""
    table = read(tmp_path, "source,target\nZoë,b\n", "e.csv", encoding="latin-1")
    assert table.ids == ["ZoÃ«", "b"]
    assert ["UTF-8 as well" in note for note in table.notes] == [True]


@pytest.mark.parametrize(
    "options", [{"encoding": "utf-9"}, {"encoding": "base64"}, {"delimiter": "ab"}, {"delimiter": "1"}]
)
def test_options_that_name_nothing_are_refused(tmp_path: Path, options: dict[str, str]) -> None:
    """The message says what they may be."""
    with pytest.raises(DataError, match=f"--{next(iter(options))}: expected .*, such as|--delimiter: expected comma"):
        read(tmp_path, rows(","), "e.csv", COLUMNS, **options)


@pytest.mark.parametrize("between", ["\t", " ", ";"])
def test_a_link_without_features_is_named_by_its_line(tmp_path: Path, between: str) -> None:
    """Also in a copy, below comments and blank lines."""
    (tmp_path / "e.txt").write_text(rows(between, "# a\n\n"))
    (tmp_path / "x.csv").write_text("node,f\n1,5\n2,6\n3,9\n")
    with pytest.raises(DataError, match=r"e\.txt, line 6: link"):
        load_graph(edges=tmp_path / "e.txt", features=tmp_path / "x.csv")
