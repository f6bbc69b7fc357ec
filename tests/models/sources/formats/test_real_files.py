"""Files that the tools of each format wrote are read at the first try, with the counts of the tools' own readers."""

import csv
import gzip
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import networkx as nx
import numpy as np
import openpyxl
import pytest
import rdflib
import scipy.io
import scipy.sparse as sp
import sqlalchemy
import torch
from torch_geometric.data import Data

from latentlink.models.sources import load_graph

NETWORK = nx.florentine_families_graph()  # 15 nodes, 20 links
WEIGHTED = nx.convert_node_labels_to_integers(NETWORK, label_attribute="family")
nx.set_edge_attributes(WEIGHTED, {link: at + 1.5 for at, link in enumerate(WEIGHTED.edges)}, "weight")
DIRECTED = nx.DiGraph([(0, 1), (1, 0), (1, 2), (2, 3), (3, 0)])
ROWS = [(f"n{a}", f"n{b}", link["weight"]) for a, b, link in WEIGHTED.edges(data=True)]
MATRIX = nx.to_scipy_sparse_array(WEIGHTED, format="csr")
ONE_WAY = nx.to_scipy_sparse_array(DIRECTED, format="csr")
RDF = "http://example.org/"


class Case(NamedTuple):
    """What writes a file, what counts its nodes and links, and options of `load_graph`."""

    name: str
    write: Callable[[Path], object]
    counted: Callable[[Path], tuple[int, int]]
    options: dict[str, Any] = {}  # noqa: RUF012 - never written to


def of_networkx(read: Callable[[Path], Any]) -> Callable[[Path], tuple[int, int]]:
    """The counts of a reader of networkx, without repeated links."""

    def count(path: Path) -> tuple[int, int]:
        found = read(path)
        simple = nx.DiGraph(found) if found.is_directed() else nx.Graph(found)
        return len(simple), simple.number_of_edges()

    return count


def of_matrix(read: Callable[[Path], Any], *, directed: bool = False) -> Callable[[Path], tuple[int, int]]:
    """The counts of a matrix, an entry above the diagonal being a link where both directions are one."""

    def count(path: Path) -> tuple[int, int]:
        whole = sp.csr_array(read(path))
        return whole.shape[0], whole.nnz if directed else sp.triu(whole + whole.T).nnz

    return count


def of_rows(read: Callable[[Path], list[tuple[Any, Any]]]) -> Callable[[Path], tuple[int, int]]:
    """The counts of pairs of ids."""

    def count(path: Path) -> tuple[int, int]:
        pairs = read(path)
        return len({end for pair in pairs for end in pair}), len(set(pairs))

    return count


def packed(write: Callable[[Path], object], path: Path) -> None:
    """Write a file and pack it."""
    write(path.with_suffix(""))
    path.write_bytes(gzip.compress(path.with_suffix("").read_bytes()))


def copied(path: Path, form: str = "JSON") -> None:
    """The rows as DuckDB writes them."""
    with duckdb.connect() as database:
        database.execute("CREATE TABLE links (source TEXT, target TEXT, weight DOUBLE)")
        database.executemany("INSERT INTO links VALUES (?, ?, ?)", ROWS)
        database.execute(f"COPY links TO '{path}' (FORMAT {form})")


def json_rows(path: Path) -> list[tuple[str, str]]:
    """The pairs in lines of JSON."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [(row["source"], row["target"]) for row in map(json.loads, text.splitlines())]


def workbook(path: Path, sheets: dict[str, list[tuple[Any, ...]]]) -> None:
    """Sheets with their rows."""
    book = openpyxl.Workbook()
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.remove(book.worksheets[0])
    book.save(path)


def sheet_rows(path: Path) -> list[tuple[str, str]]:
    """The pairs of the first sheet."""
    return [(str(one), str(other)) for one, other, *_ in [*openpyxl.load_workbook(path).worksheets[0].values][1:]]


def triples(path: Path, form: str) -> None:
    """Links with two predicates, names of nodes, and a blank node."""
    graph = rdflib.Graph()
    node = rdflib.Namespace(RDF)
    for at, (one, other, _) in enumerate(ROWS):
        graph.add((node[one], node["ab"[at % 2]], node[other]))
        graph.add((node[one], rdflib.RDFS.label, rdflib.Literal(one)))
    graph.add((rdflib.BNode(), node["a"], node["n0"]))
    graph.serialize(path, format=form, encoding="utf-8")


def triple_rows(path: Path) -> list[tuple[Any, Any]]:
    """The triples of nodes, of which no two have the same ends."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    graph = rdflib.Graph().parse(data=content, format="turtle" if path.suffix == ".ttl" else "nt")
    return [(one, other) for one, _, other in graph if not isinstance(other, rdflib.Literal)]


def data() -> Data:
    """A graph of PyTorch Geometric with both directions of each link."""
    ends = torch.tensor(list(WEIGHTED.edges)).T
    return Data(x=torch.rand(15, 3), edge_index=torch.cat([ends, ends.flip(0)], 1), y=torch.zeros(15))


def tensors(path: Path) -> tuple[int, int]:
    """The counts of the tensors."""
    found = torch.load(path, weights_only=False)
    found = found if isinstance(found, Data) else Data.from_dict(found)
    return int(found.num_nodes or 0), found.num_edges // 2


def in_sqlite(path: Path) -> None:
    """A table of links in a database."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE links (source TEXT, target TEXT, weight REAL)")
        database.executemany("INSERT INTO links VALUES (?, ?, ?)", ROWS)
        database.commit()


def sif(path: Path) -> None:
    """Cytoscape's simplest format, by the module for tables."""
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter="\t").writerows((a, "marriage", b) for a, b in NETWORK.edges)


def sif_rows(path: Path) -> list[tuple[str, str]]:
    """The first and the last field."""
    return [(line[0], line[2]) for line in csv.reader(path.read_text().splitlines(), delimiter="\t")]


def attached(path: Path) -> list[tuple[Any, Any]]:
    """The pairs in a database, by SQLAlchemy."""
    with sqlalchemy.create_engine(f"sqlite:///{path}").connect() as database:
        return [(one, other) for one, other in database.exec_driver_sql("SELECT source, target FROM links")]


MTX, NPZ = of_matrix(scipy.io.mmread), of_matrix(sp.load_npz)
TRIPLES = {"relation_column": "predicate"}
TITLES = ("source", "target", "weight")
CASES = [
    Case("g.gexf", partial(nx.write_gexf, WEIGHTED), of_networkx(nx.read_gexf)),
    Case("g11.gexf", partial(nx.write_gexf, NETWORK, version="1.1draft"), of_networkx(nx.read_gexf)),
    Case("d.gexf", partial(nx.write_gexf, DIRECTED), of_networkx(nx.read_gexf), {"directed": True}),
    Case("g.gexf.gz", partial(packed, partial(nx.write_gexf, NETWORK)), of_networkx(nx.read_gexf)),
    Case("g.adjlist", partial(nx.write_adjlist, WEIGHTED), of_networkx(nx.read_adjlist)),
    Case("g.adjlist.gz", partial(nx.write_adjlist, WEIGHTED), of_networkx(nx.read_adjlist)),
    Case(
        "d.adjlist",
        partial(nx.write_adjlist, DIRECTED),
        of_networkx(partial(nx.read_adjlist, create_using=nx.DiGraph)),
        {"directed": True},
    ),
    Case("g.net", partial(nx.write_pajek, NETWORK), of_networkx(nx.read_pajek)),
    Case("d.paj", partial(nx.write_pajek, DIRECTED), of_networkx(nx.read_pajek), {"directed": True}),
    Case(
        "g.cyjs",
        lambda path: path.write_text(json.dumps(nx.cytoscape_data(WEIGHTED))),
        of_networkx(lambda path: nx.cytoscape_graph(json.loads(path.read_text()))),
    ),
    Case("g.sif", sif, of_rows(sif_rows)),
    Case("g.mtx", lambda path: scipy.io.mmwrite(path, MATRIX, symmetry="general"), MTX),
    Case("s.mtx", lambda path: scipy.io.mmwrite(path, MATRIX, symmetry="symmetric", field="pattern"), MTX),
    Case(
        "d.mtx",
        lambda path: scipy.io.mmwrite(path, ONE_WAY, field="integer"),
        of_matrix(scipy.io.mmread, directed=True),
        {"directed": True},
    ),
    Case("dense.mtx", lambda path: scipy.io.mmwrite(path, MATRIX.toarray()), MTX),
    Case("g.mtx.gz", partial(packed, lambda path: scipy.io.mmwrite(path, MATRIX)), MTX),
    *(
        Case(f"{form}.npz", lambda path, form=form: sp.save_npz(path, MATRIX.asformat(form)), NPZ)  # type: ignore[misc]
        for form in ("csr", "csc", "coo", "bsr", "dia")
    ),
    Case("matrix.npz", lambda path: sp.save_npz(path, sp.csr_matrix(MATRIX), compressed=False), NPZ),
    Case(
        "d.npz",
        lambda path: sp.save_npz(path, ONE_WAY),
        of_matrix(sp.load_npz, directed=True),
        {"directed": True},
    ),
    Case("e.jsonl", copied, of_rows(json_rows)),
    Case("e.ndjson.gz", copied, of_rows(json_rows)),
    Case("e.xlsx", lambda path: workbook(path, {"links": [TITLES, *ROWS]}), of_rows(sheet_rows)),
    Case(
        "e.xlsm",
        lambda path: workbook(path, {"a": [TITLES, *((int(a[1:]), b, w) for a, b, w in ROWS)], "empty": []}),
        of_rows(sheet_rows),
        {"one_kind": True},
    ),
    Case("t.nt", lambda path: triples(path, "nt"), of_rows(triple_rows), TRIPLES),
    Case("t.ttl", lambda path: triples(path, "turtle"), of_rows(triple_rows), TRIPLES),
    Case("t.nt.gz", partial(packed, lambda path: triples(path, "nt")), of_rows(triple_rows), TRIPLES),
    Case("data.pt", lambda path: torch.save(data(), path), tensors),
    Case("dict.pt", lambda path: torch.save(data().to_dict(), path), tensors),
]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_files_of_tools_have_the_counts_of_their_own_readers(tmp_path: Path, case: Case) -> None:
    """Nodes, those without links too, and distinct links."""
    path = tmp_path / case.name
    case.write(path)
    graph = load_graph(edges=path, **case.options)
    assert (len(graph.ids), graph.n_edges) == case.counted(path)


@pytest.mark.parametrize("driver", ["sqlite", "sqlite+pysqlite"])
def test_databases_have_the_rows_of_their_tables(tmp_path: Path, driver: str) -> None:
    """By Python's own module and by SQLAlchemy; nodes have features by another query."""
    in_sqlite(tmp_path / "links.db")
    query = "SELECT id AS node, count(*) AS n FROM (SELECT source AS id FROM links UNION ALL SELECT target FROM links) GROUP BY 1"
    url = f"{driver}:///{tmp_path}/links.db"
    graph = load_graph(sql="SELECT * FROM links", database=url, features=query)
    assert (len(graph.ids), graph.n_edges, graph.n_features) == (*of_rows(attached)(tmp_path / "links.db"), 1)
    assert graph.weights is not None
    assert sorted(graph.weights.tolist()) == [weight for *_, weight in ROWS]


@pytest.mark.parametrize("name", ["g.mtx", "csr.npz", "g.gexf", "e.jsonl", "e.xlsx"])
def test_weights_are_those_that_were_written(tmp_path: Path, name: str) -> None:
    """Once each, also where a symmetric matrix has both entries of a link."""
    [case] = [case for case in CASES if case.name == name]
    case.write(tmp_path / name)
    weights = load_graph(edges=tmp_path / name).weights
    assert weights is not None
    np.testing.assert_array_equal(np.sort(weights), [weight for *_, weight in ROWS])
