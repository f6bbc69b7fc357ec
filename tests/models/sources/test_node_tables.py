"""Node tables of types: columns of their own, and what is 0, missing or refused."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.filter_columns import NumberColumn, TextColumn
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.preprocessing import Preprocessing
from latentlink.models.sources import load_graph

ENDS = {"source_type": "user", "target_type": "item"}
USERS = "id,age,city\n1,20,Rome\n2,40,Oslo\n3,20,Rome\n4,40,Oslo\n"
ITEMS = "id,age,new\n2,1,0\n1,3,1\n"
LINKS = "source,target\n3,1\n1,1\n1,2\n2,2\n"
FEATURES = [
    [-1, 0, 1, 0, 0],  # age − 30 over 10, Oslo, Rome; then the items' age − 2 and new
    [1, 1, 0, 0, 0],
    [-1, 0, 1, 0, 0],
    [1, 1, 0, 0, 0],
    [0, 0, 0, -1, 0],
    [0, 0, 0, 1, 1],
]


def load(folder: Path, tables: Mapping[str, str], **options: Any) -> Graph:
    """The links between users and items, with tables of types: suffix or text of each."""
    files = {}
    for kind, text in tables.items():
        files[kind] = folder / (f"{kind}.csv" if "\n" in text else text)
        if "\n" in text:
            files[kind].write_text(text)
    (folder / "links.csv").write_text(LINKS)
    return load_graph(**{"edges": folder / "links.csv", **ENDS, "features": files, **options})


def dense(graph: Graph) -> Any:
    """The features of all nodes."""
    assert graph.features is not None
    return graph.features.to_dense() if isinstance(graph.features, CSR) else graph.features


def test_columns_are_features_of_their_type_alone(tmp_path: Path) -> None:
    """Each fitted to its own table; ids are unique within a type, and a user without links stays."""
    graph = load(tmp_path, {"item": ITEMS, "user": USERS})
    assert graph.ids == ["1", "2", "3", "4", "2", "1"]
    np.testing.assert_allclose(dense(graph), FEATURES)
    assert graph.types is not None
    assert graph.types.of.tolist() == [0, 0, 0, 0, 1, 1]
    assert graph.edges.tolist() == [[0, 4], [0, 5], [1, 4], [2, 5]]
    assert graph.preprocessing is not None
    assert graph.preprocessing.names == ("age", "city=Oslo", "city=Rome", "age", "new")
    assert Preprocessing.model_validate_json(graph.preprocessing.model_dump_json()) == graph.preprocessing
    assert [reading.form.split(",")[0] for reading in graph.readings[1:]] == [
        "nodes of type user",
        "nodes of type item",
    ]


def test_a_type_without_a_table_has_the_nodes_of_the_links(tmp_path: Path) -> None:
    """In their order, with 0 in all columns."""
    graph = load(tmp_path, {"item": ITEMS})
    assert graph.ids == ["3", "1", "2", "2", "1"]
    np.testing.assert_allclose(dense(graph), [[0, 0], [0, 0], [0, 0], [-1, 0], [1, 1]])


def test_sparse_matrices_stand_beside_tables(tmp_path: Path) -> None:
    """The values of a matrix stay as they are, and all is sparse."""
    x = np.array([[0, 7.5, 0], [2, 0, 0]], np.float32)
    csr = CSR.from_dense(x)
    np.savez(
        tmp_path / "item.npz", ids=["2", "1"], data=csr.data, indices=csr.indices, indptr=csr.indptr, shape=csr.shape
    )
    graph = load(tmp_path, {"user": USERS, "item": "item.npz"})
    assert isinstance(graph.features, CSR)
    np.testing.assert_allclose(dense(graph)[:4, :3], np.array(FEATURES)[:4, :3])
    np.testing.assert_array_equal(dense(graph)[4:], np.pad(x, [(0, 0), (3, 0)]))
    assert graph.preprocessing is not None
    assert graph.preprocessing.of_type("item")[0].names == ("x0", "x1", "x2")


def test_filter_columns_are_null_on_nodes_of_other_types(tmp_path: Path) -> None:
    """A column that both tables have is one, with the texts of both and the gaps of each."""
    items = "id,age,city,new\n2,1,Bern,0\n1,3,,1\n"
    columns = load(tmp_path, {"user": USERS, "item": items}, filter_columns="age,city,new").columns
    age, city, new = (columns[name] for name in ("age", "city", "new"))
    assert isinstance(age, NumberColumn)
    assert isinstance(city, TextColumn)
    assert age.numbers.tolist() == [20, 40, 20, 40, 1, 3]
    assert (city.texts, city.codes.tolist()) == (("Bern", "Oslo", "Rome"), [2, 1, 2, 1, 0, -1])
    assert isinstance(new, NumberColumn)
    assert np.array_equal(new.numbers, [np.nan] * 4 + [0, 1], equal_nan=True)


def test_notes_name_the_table(tmp_path: Path) -> None:
    """Both may have a column of one name."""
    notes = load(tmp_path, {"user": USERS.replace("Rome", "a").replace("Oslo", "a"), "item": ITEMS}).notes
    assert f"{tmp_path / 'user.csv'}: Columns without two different values are ignored: 'city'." in notes


BOTH = {"user": USERS, "item": ITEMS}


@pytest.mark.parametrize(
    ("tables", "options", "message"),
    [
        (
            {"user": USERS.replace("20,Rome", ",Rome", 1), "item": ITEMS},
            {},
            r"user.csv, line 2: age: .*; fill it, or pass --ignore age if it is no feature$",
        ),
        (
            {"user": USERS, "item": ITEMS.replace("\n2,1,0", "")},
            {},
            r"links.csv, line 4: link: expected nodes of type 'item' with a row of features, found 1 without: '2'; add their "
            r"rows to --features .*item.csv",
        ),
        (BOTH, {"source_type": None, "target_type": None}, "two different names, .*, found none and none"),
        (BOTH, {"target_type": "film"}, "a type of --source-type and --target-type, 'user' or 'film', found 'item'"),
        (BOTH, {"filter_columns": "town"}, "--filter-columns: .*, 'age', 'city', 'new', found 'town'"),
        (BOTH, {"categories": ["town"]}, "--category: .*, 'age', 'city', 'new', found 'town'"),
        (
            {"user": USERS, "item": ITEMS.replace("new", "city")},
            {"filter_columns": "city"},
            "one kind in 'city' of all node tables, found numbers and texts",
        ),
        (BOTH, {"missing": True}, "--features: expected one table of all nodes for --model ae"),
    ],
)
def test_what_tables_of_types_cannot_be_is_refused(
    tmp_path: Path, tables: dict[str, str], options: dict[str, Any], message: str
) -> None:
    """With the file and what to do."""
    with pytest.raises(DataError, match=message):
        load(tmp_path, tables, **options)
