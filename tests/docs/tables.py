"""The files that pages speak of: one graph of 40 people in every format."""

import gzip
import sqlite3
from contextlib import closing
from itertools import product
from pathlib import Path

import duckdb
import networkx as nx
import numpy as np
import openpyxl
from arro3.core import Table
from arro3.io import write_ipc
from scipy.io import mmwrite
from scipy.sparse import coo_array

NAMES = [f"p{i}" for i in range(40)]
LINKS = [(i, (i + step) % 40) for i, step in product(range(40), (1, 2, 5, 9))]
CITIES, DRINKS = ("Oslo", "Rome", "Turin"), ("coffee", "tea|coffee", "tea", "milk|tea")


def write_tables(folder: Path) -> None:
    """Write edges.csv, people.csv and their like into a folder."""
    edges = "source,target,weight\n" + "".join(f"p{s},p{t},{1 + bool(i % 7)}\n" for i, (s, t) in enumerate(LINKS))
    nodes = "node,age,height\n" + "".join(f"p{i},{20 + i},{150 + i * i % 50}\n" for i in range(40))
    people = ["node,age,member,city,likes,name"] + [
        f"p{i},{20 + i},{str(i % 4 == 0).lower()},{CITIES[i % 3]},{DRINKS[i % 4]},Name {i}" for i in range(40)
    ]
    texts = {
        "edges.csv": edges,
        "bare.tsv": "".join(f"p{s}\tp{t}\n" for s, t in LINKS),
        "nodes.csv": nodes,
        "people.csv": "\n".join(people),
        "holes.csv": "\n".join(people).replace("p10,30", "p10,"),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    for name in ("edges.csv", "nodes.csv"):
        (folder / f"{name}.gz").write_bytes(gzip.compress(texts[name].encode()))
    np.savez(folder / "nodes.npz", ids=np.array(NAMES), x=np.eye(40))
    _write_columnar(folder)
    _write_networks(folder)
    _write_others(folder)


def _write_columnar(folder: Path) -> None:
    with duckdb.connect() as database:
        for name in ("edges", "nodes"):
            database.execute(f"COPY (FROM '{folder}/{name}.csv') TO '{folder}/{name}.parquet'")
        for name, table in (("edges.arrow", "edges.csv"), ("nodes.feather", "people.csv")):
            write_ipc(Table.from_arrow(database.sql(f"FROM '{folder}/{table}'")), folder / name)


def _write_others(folder: Path) -> None:
    """The same links as a matrix, in a workbook and in a database, with nodes in both of these."""
    with duckdb.connect() as database:
        links, people = (database.sql(f"FROM '{folder}/{name}.csv'") for name in ("edges", "nodes"))
        tables = {"links": (links.columns, links.fetchall()), "people": (people.columns, people.fetchall())}
    matrix = coo_array(([row[2] for row in tables["links"][1]], np.transpose(LINKS)), (40, 40))
    mmwrite(folder / "edges.mtx", matrix + matrix.T, symmetry="symmetric")
    book = openpyxl.Workbook()
    with closing(sqlite3.connect(folder / "people.db")) as database:
        for name, (columns, rows) in tables.items():
            sheet = book.create_sheet(name)
            for row in (columns, *rows):
                sheet.append(row)
            database.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
            database.executemany(f"INSERT INTO {name} VALUES (?, ?, ?)", rows)
        database.commit()
    book.save(folder / "book.xlsx")


def _write_networks(folder: Path) -> None:
    network = nx.Graph([(NAMES[s], NAMES[t]) for s, t in LINKS])
    nx.set_node_attributes(network, {name: 20 + i for i, name in enumerate(NAMES)}, "age")
    nx.set_node_attributes(network, {name: CITIES[i % 3] for i, name in enumerate(NAMES)}, "city")
    network.nodes["p0"]["nick"] = "P"
    nx.write_graphml(network, folder / "people.graphml.gz")
    nx.write_gml(
        nx.DiGraph([pair for s, t in LINKS for pair in ((NAMES[s], NAMES[t]), (NAMES[t], NAMES[s]))]),
        folder / "people.gml",
    )
