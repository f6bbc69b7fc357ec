"""From columns to numbers, by hand and against scikit-learn."""

import json

import numpy as np
import pytest

from latentlink.models.arrays import Float32
from latentlink.models.errors import DataError
from latentlink.models.graph import preprocessing
from latentlink.models.graph.columns import Binary, Category, Cell, Column, List, Number
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.preprocessing import Preprocessing, Reason

sklearn = pytest.importorskip("sklearn.preprocessing")

NAN = float("nan")


def fit(column: Column) -> Preprocessing:
    """The preprocessing of a table with one column."""
    return Preprocessing.fit({"c": column})


def encoded(column: Column) -> list[list[float]]:
    """That column, fitted and transformed, dense."""
    rows: list[list[float]] = dense(fit(column).transform({"c": column})).tolist()
    return rows


def dense(x: Float32 | CSR) -> Float32:
    """Features in either layout as an array."""
    return x.to_dense() if isinstance(x, CSR) else x


def numbers(*values: float) -> np.ndarray:
    """A column of numbers."""
    return np.array(values, np.float64)


def test_numbers_are_standardised_as_scikit_learn_does() -> None:
    """Mean 0 and deviation 1 of what is there, NaN where nothing is; a billion in a column does no harm."""
    columns = np.random.default_rng(0).normal([1e9, -3, 0], [1, 1e-3, 1e20], (50, 3))
    columns[[3, 4], [0, 1]] = NAN
    table = {str(i): column for i, column in enumerate(columns.T)}
    ours = Preprocessing.fit(table).transform(table)
    assert isinstance(ours, np.ndarray)
    np.testing.assert_allclose(ours, sklearn.StandardScaler().fit_transform(columns), rtol=1e-5, atol=1e-5)
    assert ours.dtype == np.float32


@pytest.mark.parametrize("values", [(0, 1, 1), (1, NAN, 0)])
def test_zeros_and_ones_stay_as_they_are(values: tuple[float, ...]) -> None:
    """A mark isn't standardised, whether or not some are missing, and comes back as float32."""
    column, x = numbers(*values), np.array([[0.1], [1]], np.float32)
    assert fit(column).columns == (Binary(name="c"),)
    np.testing.assert_array_equal(np.array(encoded(column)), column[:, None])
    [member] = fit(column).in_units(x)
    assert (str(member.dtype), member.tolist()) == ("float32", x[:, 0].tolist())


def test_categories_are_one_hot() -> None:
    """Values in sorted order; what is missing is NaN in all of them."""
    assert encoded(["b", "a", None, "b", "a"]) == pytest.approx(
        np.array([[0, 1], [1, 0], [NAN, NAN], [0, 1], [1, 0]]), nan_ok=True
    )


@pytest.mark.parametrize(
    "column",
    [
        ["a|b", "b", "a", None],
        [" a ; b;", "b", "a", None],
        [("a", "b", "a"), ("b",), ("a",), ()],
    ],
)
def test_lists_are_multi_hot(column: list[Cell]) -> None:
    """Cut at either delimiter or given as lists, each entry counted once; an empty text is an empty list."""
    assert encoded(column) == [[1, 1], [0, 1], [1, 0], [0, 0]]


@pytest.mark.parametrize(
    ("column", "names"),
    [
        ([("a", "c"), ("c",), ("a", "c"), None], ("c=a",)),
        (["a|c", "c", "a|c"], ("c=a",)),
        (["a|c", "c", "a|c", None], ("c=a", "c=c")),  # an empty text is an empty list, which lacks it
    ],
)
def test_an_entry_of_every_list_is_left_out(column: list[Cell], names: tuple[str, ...]) -> None:
    """It does not distinguish nodes."""
    assert fit(column).names == names


def test_a_missing_list_is_no_empty_list() -> None:
    """NaN for every entry of a missing list, as in a category."""
    np.testing.assert_array_equal(encoded([("a",), None, (), ("a", "b"), ("b",)])[:3], [[1, 0], [NAN, NAN], [0, 0]])


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (["a", "a", "b", "b"], Category),
        (["a", "a", "b", "c"], "text"),  # three values in four cells
        (["a", "a", "b", "b", None, None], Category),  # empty cells don't count
        (["x; y", "z; w", "v; u", "t"], "distinct"),  # sentences
        (["a", "b", None, None], "distinct"),
        (["x; y", "x; y", "z; w", "v; u"], "text"),
        (["x; y", "x; y", "v", "v"], List),
        (["x|y; z", "x", "y; z"], List),
        ([("a",), ("b",)], "text"),  # a list whose entries never recur
        ([str(i) for i in range(preprocessing.MAX_VALUES)] * 2, Category),
        ([str(i) for i in range(preprocessing.MAX_VALUES + 1)] * 2, "text"),  # too many values
        (["a", "a", None], "constant"),
        ([None, None], "constant"),
        ([("a", "b"), ("b", "a"), None], "constant"),
        ([(), ()], "constant"),
        (["a|b", "b|a"], "constant"),
        (numbers(5, 5, NAN), "constant"),
        (numbers(1, 1), "constant"),
        (numbers(NAN, NAN), "constant"),
        (numbers(1e-300, 2e-300), "constant"),  # no deviation that float64 can hold
        (numbers(0, 1, 2), Number),
    ],
)
def test_a_column_s_kind_follows_its_values(column: Column, kind: type | str) -> None:
    """Few different values are a category or list; a constant column and one of distinct values are ignored with the reason."""
    fitted = fit(column)
    found: list[type | str] = [type(encoder) for encoder in fitted.columns] or [fitted.ignored["c"]]
    assert found == [kind]


def test_mostly_zeros_are_sparse() -> None:
    """Below a third of the cells the layout is CSR, with the same numbers; a third, or a hole, makes it dense."""
    tags = [("a", "b"), ("c",), ("d",), ("a",), ("b",), ("c", "d")]  # 8 of 24 cells
    assert isinstance(fit(tags).transform({"c": tags}), np.ndarray)
    tags = [*tags, ()]
    sparse = fit(tags).transform({"c": tags})
    assert isinstance(sparse, CSR)
    assert dense(sparse).tolist() == sklearn.MultiLabelBinarizer().fit_transform(tags).tolist()
    hole: dict[str, Column] = {"c": tags, "n": np.array([1, 0, 0, 0, 0, 0, NAN])}
    assert isinstance(Preprocessing.fit(hole).transform(hole), np.ndarray)


def test_a_sparse_table_keeps_the_columns_in_order() -> None:
    """Numbers beside lists land where their names are."""
    tags = [(str(i % 10),) for i in range(20)]
    table: dict[str, Column] = {"t": tags, "n": numbers(*range(20)), "k": ["a", "b"] * 10}
    fitted = Preprocessing.fit(table)
    x = fitted.transform(table)
    assert isinstance(x, CSR)
    assert fitted.names == (*(f"t={i}" for i in range(10)), "n", "k=a", "k=b")
    blocks = [(encoder.name, block.start, block.stop) for encoder, block in fitted.blocks()]
    assert blocks == [("t", 0, 10), ("n", 10, 11), ("k", 11, 13)]
    np.testing.assert_allclose(dense(x)[:, 10], sklearn.scale(np.arange(20.0)), rtol=1e-6)


TABLE: dict[str, Column] = {
    "n": numbers(0.1, 0.7, 1 / 3, NAN),
    "b": numbers(0, 1, 1, 0),
    "k": ["ä", "\n", "ä", "\n"],
    "l": ["1|2", "2", "1", None],
    "t": ["one", "two", "three", "four"],
    "e": [None, None, None, None],
}


def test_json_keeps_it_to_the_bit() -> None:
    """What is read from a checkpoint encodes as what was fitted."""
    fitted = Preprocessing.fit(TABLE)
    read = Preprocessing.model_validate_json(fitted.model_dump_json())
    assert (read.columns, list(read.ignored)) == (fitted.columns, list(fitted.ignored))
    assert np.asarray(read.transform(TABLE)).tobytes() == np.asarray(fitted.transform(TABLE)).tobytes()


def test_every_reader_knows_the_reasons_in_json() -> None:
    """Version 1 of the format has two, so that the finer ones are written as "text"; one of a later version is read so."""
    left_out: dict[str, Reason] = {"d": "date", "v": "type", "i": "row number"}
    written = json.loads(Preprocessing.fit(TABLE, left_out).model_dump_json())
    assert written["ignored"] == {"t": "text", "e": "constant", "d": "text", "v": "text", "i": "text"}
    assert Preprocessing.model_validate({"columns": [], "ignored": {"x": "of 2030"}}).ignored == {"x": "text"}


def test_new_nodes_are_encoded_with_what_was_fitted() -> None:
    """An unknown category or entry is all zeros, a number is brought to the old unit, other columns are ignored."""
    fitted = Preprocessing.fit({"n": numbers(0, 2, 4), "k": ["a", "b", "a", "b"], "l": ["1|2", "1", "2"]})
    new: dict[str, Column] = {"l": ["3", "3|1", None], "n": numbers(2, 10, NAN), "k": ["c", "b", None], "x": numbers(1)}
    deviation = (8 / 3) ** 0.5
    np.testing.assert_allclose(
        np.asarray(fitted.transform(new)),
        [[0, 0, 0, 0, 0], [8 / deviation, 0, 1, 1, 0], [NAN, NAN, NAN, 0, 0]],
        rtol=1e-6,
    )


def test_the_kind_of_a_column_is_that_of_its_cells() -> None:
    """Numbers in a list and texts in an array are what they are in an array and a list."""
    table: dict[str, Column] = {"n": numbers(1, 2, NAN, 4), "k": ["a", "b", None, "a"]}
    other: dict[str, Column] = {"n": [1, 2.0, None, 4], "k": np.array(["a", "b", None, "a"], object)}
    fitted = Preprocessing.fit(table)
    assert Preprocessing.fit(other) == fitted
    np.testing.assert_array_equal(np.asarray(fitted.transform(other)), np.asarray(fitted.transform(table)))


def test_encoded_columns_of_one_name_are_refused() -> None:
    """A number `a=b` can't stand beside a category `a` with the value `b`; the message names both."""
    table: dict[str, Column] = {"a": ["b", "c", "b", "c"], "a=b": numbers(1, 2, 3, 4)}
    with pytest.raises(DataError, match="columns of distinct names, found 'a=b' of both 'a' and 'a=b'; rename"):
        Preprocessing.fit(table)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"x": numbers(1)}, ": expected a column 'n', found 'x'; add it"),
        ({"n": ["a"], "k": ["a"]}, ", row 1: n: expected numbers, found 'a'; correct it"),
        ({"n": [1, "2"], "k": ["a", "b"]}, ", row 2: n: expected numbers, found '2'; correct it"),
        ({"n": numbers(1), "k": numbers(1)}, ", row 1: k: expected texts, found 1.0; correct it"),
        ({"n": numbers(1), "k": [1]}, ", row 1: k: expected texts, found 1; correct it"),
        ({"n": numbers(1, 2), "k": ["a"]}, ", k: expected as many cells as 'n' has, 2, found 1; give each row one"),
        ({"n": numbers(1), "k": ["a", "b"]}, ", k: expected as many cells as 'n' has, 1, found 2; give each row one"),
        ({"n": np.ones((1, 2)), "k": ["a"]}, ", n: expected one number a row, found an array of shape (1, 2); cut it"),
        (
            {"n": numbers(1, -np.inf), "k": ["a", "b"]},
            ", row 2: n: expected a finite number or NaN, found -inf; correct it",
        ),
    ],
)
def test_a_table_of_another_kind_is_refused(table: dict[str, Column], message: str) -> None:
    """The column is named, with what was expected."""
    fitted = Preprocessing.fit({"n": numbers(1, 2), "k": ["a", "b", "a", "b"]})
    with pytest.raises(DataError) as caught:
        fitted.transform(table)
    assert str(caught.value) == f"features{message}"


@pytest.mark.parametrize(
    "values",
    [
        [41939071, 41939072, 35000001, 34000000, NAN],  # whole, within 8 million of the mean
        [0.1, 0.7, 12.3456, 1999.99, -0.05],
        [-1e-5, 3e-5, 2.5e-5],
        [1e15, 3e15, -2.5e15],
        [1e9, 1e9 + 1, 1e9 + 3],
    ],
)
def test_numbers_come_back_as_they_were(values: list[float]) -> None:
    """`in_units` undoes the standardisation to the last digit that float32 resolves."""
    table = {"age": numbers(*values)}
    fitted = Preprocessing.fit(table)
    encoded = fitted.transform(table)
    assert isinstance(encoded, np.ndarray)
    np.testing.assert_array_equal(fitted.in_units(encoded)[0], table["age"])


def test_named_columns_are_encoded_and_decoded_as_they_are() -> None:
    """A matrix that came encoded, given again by name: the same numbers, both ways."""
    named, x = Preprocessing.named(["Drama", "Italy"]), np.array([[0.25, 1], [1 / 3, 0]], np.float32)
    encoded = named.transform({"Italy": x[:, 1], "Drama": x[:, 0]})
    np.testing.assert_array_equal(np.asarray(encoded), x)
    np.testing.assert_array_equal(np.array(named.in_units(x), np.float32).T, x)
    assert (named.fitted, Preprocessing.fit({"age": [1.0, 2.0]}).fitted) == (False, True)


def test_numbers_come_back_as_near_as_float32_knows() -> None:
    """Whatever is encoded, the number that comes back is encoded so."""
    x = np.random.default_rng(0).normal(size=(1000, 1)).astype(np.float32)
    fitted = Preprocessing(columns=(Number(name="n", mean=12.5, deviation=1e8),))
    np.testing.assert_array_equal(fitted.transform({"n": fitted.in_units(x)[0].astype(np.float64)}), x)
