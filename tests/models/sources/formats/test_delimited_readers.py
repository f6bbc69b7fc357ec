"""The two readers of CSV and TSV against each other: DuckDB may refuse a file, but never read it otherwise."""

import gzip
from collections.abc import ItemsView, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from latentlink.models.errors import DataError
from latentlink.models.sources.formats import delimited
from latentlink.models.sources.formats.delimited import by_duckdb, by_rows
from latentlink.models.sources.formats.delimited.screening import screened
from latentlink.models.sources.formats.duck import opened, unread
from latentlink.models.sources.formats.rows import DELIMITER_NAMES, Text
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns, EdgeTable, NodeTable
from tests.models.sources.test_bad_files import EDGES, FEATURES

Table = EdgeTable | NodeTable
MANY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

PIECES = [
    "a",
    "b",
    "7",
    "007",
    "NULL",
    "é",
    "\u2028",
    " ",
    "\t",
    ",",
    ";",
    '"',
    '""',
    "\\",
    "#",
    "'",
    "\ufeff",
    "\x0b",
    "\x1c",
]
BROKEN = ["\n", "\r", "\r\n", "\0", "\ud800"]  # a lone surrogate is written as bytes that are no UTF-8
texts = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
numbers = st.one_of(
    st.floats(width=64).map(str),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.from_regex(r" ?[+-]?\d{0,25}\.?\d{0,25}([eE][+-]?\d{1,3})?", fullmatch=True),
    st.sampled_from(
        ["1_0", "true", "FALSE", "nan", "-nan", "inf", "0x1", "١٢", "1e39", "1e-46", "1e400", "1e-400", "+-1"]
    ),
)
truths = st.sampled_from(["true", "FALSE", " True ", "nan", "", "1"])
moments = st.one_of(
    st.datetimes().map(str),
    st.dates().map(str),
    st.datetimes().map(lambda moment: moment.isoformat(timespec="minutes") + "Z"),
    st.sampled_from(
        ["0001-01-01", "2026-02-30", "2026-W05-1", "20260131", "2026-01-31T24:00:00", "2026-01-31 12:00:00+02:00"]
    ),
)


@st.composite
def files(draw: st.DrawFn, *kinds: tuple[st.SearchStrategy[str], ...], header: list[str]) -> tuple[str, bytes]:
    """A file's suffix and content: rows of cells of one kind a column, mostly well formed, in any spelling and order."""
    suffix, delimiter = draw(st.sampled_from([(".csv", ","), (".tsv", "\t")]))
    quotes, end = draw(st.sampled_from(["never", "some", "all"])), draw(st.sampled_from(["\n", "\r\n"]))

    def spelled(cell: str) -> str:
        if quotes == "all" or (
            quotes == "some" and any(character in cell for character in (delimiter, '"', "\n", "\r"))
        ):
            return '"' + cell.replace('"', '""') + '"'
        return cell

    columns = [draw(st.sampled_from(kind)) for kind in kinds]
    order = draw(st.permutations(range(len(columns))))
    rows = draw(st.lists(st.tuples(*columns), max_size=6))
    lines = [delimiter.join(spelled(row[place]) for place in order) for row in [tuple(header), *rows]]
    if flaw := draw(st.sampled_from(["", "", "", "", "blank", "cut", "longer", *BROKEN])):
        at = draw(st.integers(0, len(lines) - 1))
        cut = draw(st.integers(0, len(lines[at])))
        added = {"blank": end + lines[at], "cut": lines[at][:cut], "longer": lines[at] + delimiter}
        lines[at] = added.get(flaw, lines[at][:cut] + flaw + lines[at][cut:])
    top = draw(st.sampled_from(["", "", f'# "a, b{end}', f"%{end}#{delimiter}{end}"]))
    text = draw(st.sampled_from(["", "\ufeff"])) + top + end.join(lines) + draw(st.sampled_from(["", end, 2 * end]))
    return suffix, text.encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """One sandboxed database for all files, since opening one takes longer than reading them."""
    with opened("test") as database:
        yield database


@pytest.fixture(autouse=True)
def reused(database: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the reader work in that database."""

    @contextmanager
    def reuse(what: str) -> Iterator[duckdb.DuckDBPyConnection]:
        for table in ("links", "nodes"):
            database.execute(f"DROP TABLE IF EXISTS {table}")
        try:
            yield database
        except duckdb.Error as error:
            raise unread(what, error) from None

    monkeypatch.setattr(by_duckdb, "opened", reuse)


def bits(table: Table) -> object:
    """Everything that the table holds, each array by its dtype and bytes."""
    return _bits([getattr(table, field.name) for field in fields(table) if field.name != "line_of"])


def _bits(part: object) -> object:
    if isinstance(part, np.ndarray):
        return str(part.dtype), part.shape, part.tobytes()
    parts = part.items() if isinstance(part, Mapping) else part
    return [*map(_bits, parts)] if isinstance(parts, list | tuple | ItemsView) else part


def text(path: Path) -> Text:
    """The file as both readers take it."""
    delimiter = "," if ".csv" in path.name else "\t"
    return Text(path, path, delimiter, DELIMITER_NAMES[delimiter])


def edges_by_duckdb(path: Path, columns: EdgeColumns, *, header: bool) -> EdgeTable | None:
    """The links, or None where DuckDB's reader leaves the file to the other."""
    with suppress(DataError):
        return by_duckdb.read_edges(file, columns, header=header) if (file := screened(text(path))) else None
    return None


def features_by_duckdb(path: Path, ignored: Sequence[str] = ()) -> NodeTable | None:
    """The node table, or None where DuckDB's reader leaves the file to the other."""
    with suppress(DataError):
        return by_duckdb.read_features(file, ignored, header=True) if (file := screened(text(path))) else None
    return None


ids, ones = st.sampled_from(["a", "b", "7", "NULL"]), st.just("1.5")
edge_files = files(
    (ids, texts),
    (ids, texts),
    (ones, ones, numbers),
    (ones, numbers, moments),
    header=["source", "target", "weight", "at"],
)
node_files = files(
    (st.uuids().map(str), texts), (ones, numbers, truths), (ids, texts), (ids, moments), header=["node", "f", "t", "d"]
)


last = st.sampled_from([None, "at"])


@MANY
@given(file=edge_files, columns=st.builds(EdgeColumns, weight=last, time=last, relation=last), packed=st.booleans())
def test_edges_are_the_same(tmp_path: Path, file: tuple[str, bytes], columns: EdgeColumns, packed: bool) -> None:
    """Ids, pairs, weights, times and relations, bit for bit, with a header and without, plain and packed."""
    path = tmp_path / f"e{file[0]}{'.gz' if packed else ''}"
    path.write_bytes(gzip.compress(file[1]) if packed else file[1])
    for named, header in ((columns, True), (COLUMNS, False)):
        if table := edges_by_duckdb(path, named, header=header):
            assert bits(table) == bits(by_rows.read_edges(text(path), named, header=header))


@MANY
@given(file=node_files, ignored=st.sampled_from([(), ("t",)]))
def test_features_are_the_same(tmp_path: Path, file: tuple[str, bytes], ignored: tuple[str, ...]) -> None:
    """Ids, columns of numbers and of texts, and the note on dates, bit for bit."""
    path = tmp_path / f"x{file[0]}"
    path.write_bytes(file[1])
    if table := features_by_duckdb(path, ignored):
        assert bits(table) == bits(by_rows.read_features(text(path), ignored, header=True))


BAD = {
    fault: (name, content.encode() if isinstance(content, str) else content)
    for fault, (name, content, _) in (EDGES | FEATURES).items()
    if name in ("e.csv", "e.csv.gz", "x.csv") and isinstance(content, str | bytes)
}


@pytest.mark.parametrize(("name", "content"), BAD.values(), ids=BAD)
def test_bad_files_are_no_better_to_duckdb(tmp_path: Path, name: str, content: bytes) -> None:
    """It reads none, or reads as much as the other: what is wrong is then found in the graph."""
    path = tmp_path / name
    path.write_bytes(content)
    if name == "x.csv":
        if nodes := features_by_duckdb(path):
            assert bits(nodes) == bits(by_rows.read_features(text(path), header=True))
    elif links := edges_by_duckdb(path, COLUMNS, header=True):
        assert bits(links) == bits(by_rows.read_edges(text(path), COLUMNS, header=True))


USUAL = {
    "plain": b"source,target\na,b\n007, 7\n",
    "CRLF": b"source,target\r\na,b\r\n\r\nb,NULL",
    "quotes": b'\xef\xbb\xbf"source","target"\n"a, b","say ""hi"" to"\nb,"d"\n',
    "weights": b"source,target,weight\na,b,1e-3\nb,c,+2.50\n",
    "comments": b'\xef\xbb\xbf# made "by hand\n%\nsource,target\na,b\n#c,d\n',
    "years": b"source,target,at\na,b,2001\nb,c,1999\n",
    "types": b"source,target,type\na,b,Directed\nb,c,Undirected\n",
    "days": b"source,target,at\na,b,2001-02-03\nb,c,2001-02-03T04:05:06.789000Z\n",
}


@pytest.mark.parametrize("content", USUAL.values(), ids=USUAL)
@pytest.mark.parametrize("packed", [False, True])
def test_usual_files_are_read_by_duckdb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, packed: bool
) -> None:
    """The slower reader isn't entered for them, where they are not small."""
    path = tmp_path / ("e.csv.gz" if packed else "e.csv")
    path.write_bytes(gzip.compress(content) if packed else content)
    columns = EdgeColumns(time="at" if b"at\n" in content else None)
    expected = by_rows.read_edges(text(path), columns, header=True)
    monkeypatch.setattr(delimited, "SMALL", len(path.read_bytes()) - 1)
    monkeypatch.delattr(by_rows, "read_edges")
    assert bits(delimited.read_edges(path, columns)) == bits(expected)


def test_a_usual_node_table_is_read_by_duckdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers with holes, truth values, texts and dates."""
    path = tmp_path / "x.csv"
    rows = "".join(f"n{i},{i / 7},{'true' if i % 2 else ''},city {i % 3},2026-01-0{i + 1}\n" for i in range(9))
    path.write_text(f"node,f,b,t,d\n{rows}n9,nan,FALSE,,\n")
    expected = by_rows.read_features(text(path), header=True)
    monkeypatch.setattr(delimited, "SMALL", len(path.read_bytes()) - 1)
    monkeypatch.delattr(by_rows, "read_features")
    assert bits(delimited.read_features(path)) == bits(expected)


LEFT = {
    "a quoted line end": b'source,target\n"a\nb",c\n',
    "two kinds of line end": b"source,target\r\na,b\nb,c\r\n",
    "a space before a quote": b'source,target\n "a",c\n',
    "numbers of Python's": b"source,target,weight\na,b,.5\n",
    "other dates": b"source,target,at\na,b,2026-W05-1\nb,c,2026-01-31T12\n",
}


@pytest.mark.parametrize("content", LEFT.values(), ids=LEFT)
def test_rare_files_are_read_row_by_row(tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """What DuckDB refuses or would read otherwise is legal all the same, in large files too."""
    monkeypatch.setattr(delimited, "SMALL", 0)
    path = tmp_path / "e.csv"
    path.write_bytes(content)
    columns = EdgeColumns(time="at" if b"at\n" in content else None)
    assert bits(delimited.read_edges(path, columns)) == bits(by_rows.read_edges(text(path), columns, header=True))


def test_a_small_file_is_read_before_duckdb_has_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to 64 KiB, links and nodes."""
    monkeypatch.setattr(by_duckdb, "opened", None)
    path = tmp_path / "e.csv"
    for read, row in ((delimited.read_edges, "source,target\n"), (delimited.read_features, "node,f\n")):
        rows = "".join(f"{i:07},{i:07}\n" for i in range((delimited.SMALL - len(row)) // 16))
        path.write_text(row + rows)
        assert len(read(path).ids) == rows.count("\n")
        path.write_text(row + rows + "n" * 16 + ",1\n")
        with pytest.raises(TypeError, match="None"):
            read(path)


def test_a_large_file_with_quotes_is_the_same(tmp_path: Path) -> None:
    """4 MB, several of DuckDB's buffers: a field that stands across two of them, or two threads, stays whole."""
    path = tmp_path / "e.csv"
    ends = np.random.default_rng(0).integers(0, 50_000, (60_000, 2)).tolist()
    path.write_text(
        "source,target,note\n" + "".join(f'"u, {s}",u{t},"a ""quoted"" {"x" * (s % 90)}"\n' for s, t in ends)
    )
    table = edges_by_duckdb(path, COLUMNS, header=True)
    assert table is not None
    assert bits(table) == bits(by_rows.read_edges(text(path), COLUMNS, header=True))
