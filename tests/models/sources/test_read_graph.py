"""`read_graph`: the rules of the command, with the names of Python's arguments."""

import doctest
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import latentlink
from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph
from latentlink.models.sources import read_graph as module
from latentlink.models.sources.memory import to_networkx, to_pyg
from latentlink.models.sources.read_graph import read_graph

LINKS = pd.DataFrame({"user": ["1", "2"], "film": ["2", "1"]})


def test_it_takes_all_that_the_command_takes() -> None:
    """Each argument of `load_graph` under its name, but for links and nodes."""
    names = {"links": "edges", "nodes": "features"}
    ours = {names.get(name, name) for name in inspect.signature(read_graph).parameters}
    assert ours == set(inspect.signature(load_graph).parameters)


def test_each_argument_reaches_the_reader(tmp_path: Path) -> None:
    """The graph of a file with an answer for every option."""
    (tmp_path / "e.csv").write_text("a,b,w,t\n x,y,2,5\ny,x,3,6\n")
    (tmp_path / "n.csv").write_text("node,code\nx,1\ny,2\nz,1\n")
    options: dict[str, Any] = {
        "source": "a",
        "target": "b",
        "weight": "w",
        "time": "t",
        "directed": True,
        "strip_ids": True,
    }
    tables: dict[str, Any] = {"categories": ["code"], "filter_columns": ["code"]}
    ours = read_graph(tmp_path / "e.csv", nodes=str(tmp_path / "n.csv"), **options, **tables)
    theirs = load_graph(edges=tmp_path / "e.csv", features=tmp_path / "n.csv", **options, **tables)
    assert ours.fingerprint() == theirs.fingerprint()
    assert (ours.notes, ours.readings, list(ours.columns)) == (theirs.notes, theirs.readings, ["code"])
    assert ours.directed
    query = f"SELECT a AS source, b AS target FROM '{tmp_path}/e.csv'"
    assert read_graph(sql=query, strip_ids=True).n_edges == read_graph(dataset="karate").n_edges - 77 == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"with source and target"),
        ({"source": "user", "target": "film"}, r"source_type='user' target_type='film', .*, or pass one_kind=True"),
        ({"source": "user", "target": "film", "one_kind": True, "type_column": "x"}, r"correct type_column"),
        ({"source_type": "user"}, r"as in source_type='user' target_type='item'"),
    ],
)
def test_errors_name_arguments(options: dict[str, Any], message: str) -> None:
    """And no options of a command."""
    with pytest.raises(DataError, match=message) as caught:
        read_graph(LINKS, **options)
    assert "--" not in str(caught.value)


def test_a_query_in_the_place_of_a_path_is_named_as_one() -> None:
    """It has no suffix that could be wrong."""
    with pytest.raises(DataError, match=r"^links: expected a file, found a query; give it with sql$"):
        read_graph("SELECT 'a' AS source, 'b' AS target")


@pytest.mark.parametrize("part", [module, to_pyg, to_networkx], ids=lambda part: part.__name__)
def test_examples_in_docstrings_are_right(part: object) -> None:
    """They are what a notebook shows with `?`."""
    found = sys.modules[part.__module__] if inspect.isfunction(part) else part
    assert doctest.testmod(found).failed == 0  # type: ignore[arg-type]


def test_the_package_is_imported_at_once() -> None:
    """What reads graphs, and what it needs, is imported on first use; torch and pandas not even then."""
    code = (
        "import sys, latentlink; early = {'numpy', 'duckdb'} & {*sys.modules}; "
        "latentlink.read_graph([('a', 'b')]); print(early or '', *({'torch', 'pandas'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
    assert {"read_graph", "to_pyg", "to_networkx"} <= set(latentlink.__all__)
