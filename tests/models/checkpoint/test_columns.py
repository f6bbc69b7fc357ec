"""The columns of a checkpoint by which searches filter."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlink.models.arrays import Array
from latentlink.models.checkpoint import open_checkpoint, publish
from latentlink.models.checkpoint.columns import COLUMNS, column_facts, column_files
from latentlink.models.errors import CheckpointError
from latentlink.models.graph.filter_columns import BooleanColumn, FilterColumns, NumberColumn, TextColumn
from tests.models.checkpoint.helpers import edit_manifest, facts, files, forge

CELLS: FilterColumns = {
    "city": TextColumn(("Oslo", "Zürich"), np.array([1, -1, 0, 1, 1, 1, 0], np.int32)),
    "a/b ": NumberColumn(np.array([1.5, np.nan, -2, 0, 0, 7, 1e300])),
    "": BooleanColumn(np.array([0, 1, 2, 1, 1, 0, 0], np.uint8)),
    "void": TextColumn((), np.full(7, -1, np.int32)),
}
[TENSORS] = column_files(CELLS).values()
FACTS = [facts.document() for facts in column_facts(CELLS)]


def test_what_is_published_is_read_again(tmp_path: Path) -> None:
    """Cells of each kind under any names, in their order, with facts that follow from them; old readers read the rest."""
    path = publish(tmp_path, "small", facts(columns=FACTS), files() | column_files(CELLS))
    found = open_checkpoint(path)
    assert [*found.columns] == [*CELLS]
    assert column_facts(found.columns) == found.manifest.columns
    assert np.array_equal(found.columns["a/b "].numbers, CELLS["a/b "].numbers, equal_nan=True)  # type: ignore[union-attr]
    assert FACTS == [
        {"name": "city", "kind": "text", "missing": 1, "distinct": 2, "common": ["Zürich", "Oslo"]},
        {"name": "a/b ", "kind": "number", "missing": 1, "least": -2.0, "greatest": 1e300},
        {"name": "", "kind": "boolean", "missing": 1, "true": 3},
        {"name": "void", "kind": "text", "missing": 7, "distinct": 0, "common": []},
    ]
    assert isinstance(void := found.columns["void"], TextColumn)
    assert not void.any_of(["Oslo"], slice(None)).any()
    assert found.manifest.format_version == 1


def test_a_later_version_may_say_more_of_a_column(tmp_path: Path) -> None:
    """Unknown facts are kept, as everywhere in the manifest."""
    path = publish(tmp_path, "small", facts(columns=FACTS), files() | column_files(CELLS))
    edit_manifest(path, lambda manifest: manifest["columns"][0].update(unit="town"))
    assert open_checkpoint(path).manifest.columns[0].document()["unit"] == "town"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"0.codes": np.zeros(6, np.int32)}, r"0.codes: expected int32 \(7,\), found int32 \(6,\)"),
        ({"0.codes": np.zeros(7, np.int64)}, "0.codes: expected int32"),
        ({"0.codes": np.full(7, 2, np.int32)}, "0.codes: expected places of 2 texts, or −1"),
        ({"0.codes": np.full(7, -2, np.int32)}, "0.codes: expected places of 2 texts, or −1"),
        ({"0.codes": np.zeros(7, np.int32)}, "expected the column 'city' that the manifest describes"),
        ({"0.offsets": np.array([0, 6, 11])}, "0.bytes: expected texts in UTF-8"),
        ({"0.offsets": np.array([0, 20, 11])}, "0.offsets: expected offsets that rise from 0 to 11"),
        ({"0.offsets": np.zeros(1, np.int64)}, "expected offsets that rise from 0 to 11"),
        ({"0.offsets": np.zeros(10_002, np.int64)}, "0.offsets: expected 0 to 10,000 texts, found 10,001"),
        ({"0.offsets": np.array(3)}, "0.offsets: expected int64"),
        ({"0.bytes": np.frombuffer("ZürichOslo".encode(), np.uint8), "0.offsets": np.array([0, 7, 11])}, "that rise"),
        ({"0.bytes": np.full(11, 0xFF, np.uint8)}, "0.bytes: expected texts in UTF-8"),
        ({"1.numbers": np.full(7, np.inf)}, "1.numbers: expected finite numbers or NaN"),
        ({"1.numbers": np.zeros(7, np.float32)}, "1.numbers: expected float64"),
        ({"2.booleans": np.full(7, 3, np.uint8)}, "2.booleans: expected 0, 1 or 2"),
        ({"2.booleans": np.zeros((7, 1), np.uint8)}, "2.booleans: expected uint8"),
    ],
)
def test_forged_columns_are_refused(tmp_path: Path, changed: dict[str, Array], message: str) -> None:
    """With right digests, too."""
    with pytest.raises(CheckpointError, match=message):
        open_checkpoint(forge(tmp_path, {COLUMNS: {**TENSORS, **changed}}, columns=FACTS))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ([{**FACTS[0], "kind": "number"}], "expected a manifest, found columns.0.number.least"),
        ([{**FACTS[0], "kind": "word"}], "expected a manifest, found columns.0"),
        ([{**FACTS[0], "common": ["Oslo"]}], "expected the column 'city' that the manifest describes"),
        ([{**FACTS[0], "name": "not"}], "manifest.json, columns: expected distinct names, none of and, or, not"),
        ([FACTS[0], FACTS[1], {**FACTS[2], "name": "city"}], "manifest.json, columns: expected distinct names"),
        ([FACTS[1]], "expected a tensor named '0.numbers', found none"),
    ],
)
def test_forged_facts_are_refused(tmp_path: Path, columns: list[dict[str, Any]], message: str) -> None:
    """The manifest may not describe other cells than there are."""
    with pytest.raises(CheckpointError, match=message):
        open_checkpoint(forge(tmp_path, {COLUMNS: TENSORS}, columns=columns))


def test_columns_without_their_file_are_refused(tmp_path: Path) -> None:
    """The message names it."""
    with pytest.raises(CheckpointError, match=r"expected a digest of columns\.safetensors, found none"):
        open_checkpoint(forge(tmp_path, {}, columns=FACTS))
