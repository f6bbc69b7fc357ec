"""Files of lists."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from arro3.io import read_ipc_stream

from latentlink.app.services.link_lists import columns as columns_module
from latentlink.app.services.link_lists.columns import Columns
from latentlink.app.services.link_lists.formats import write_arrow, write_csv, write_ndjson, write_whole
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.inference.top_links.best import NO_LINKS, Links
from tests.support import RELIABILITY, Small


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    """A model of typed nodes with a calibration that is the logit at even odds."""
    store = tmp_path_factory.mktemp("store")
    knots = {"logit": [-100.0, 100.0], "log_odds": [-100.0, 100.0]}
    version = Small.typed().publish(store, calibration={**RELIABILITY, "knots": knots, "prior": 0.5})
    return Scorer(open_checkpoint(store / "small" / version))


@pytest.fixture
def rows(model: Scorer, monkeypatch: pytest.MonkeyPatch) -> tuple[Columns, Links, list[dict[str, Any]]]:
    """Five links in tables of two, the first of them known, and what each row has to say, by other means."""
    monkeypatch.setattr(columns_module, "BLOCK", 2)
    graph = model.checkpoint.graph
    sources = np.array([int(np.flatnonzero(np.diff(graph.indptr))[0]), 3, 0, 7, 9])
    targets = np.array([int(graph.neighbors(int(sources[0]))[0]), 40, 1, 2, 5])
    links = Links(sources, targets, np.array([2.5, 0.0, -1 / 3, -1.0, -700.0]), np.zeros(5, np.int16))
    expected = [
        {
            "source": model.nodes.id(source),
            "target": model.nodes.id(target),
            "source_type": model.types.name(source) if model.types else "",
            "target_type": model.types.name(target) if model.types else "",
            "probability": 1 / (1 + np.exp(-logit)),
            "logit": logit,
            "calibrated": None if at == 0 else 1 / (1 + np.exp(-logit.clip(-100))),
            "known": at == 0,
            "source_degree": len(graph.neighbors(source)),
            "target_degree": len(graph.neighbors(target)),
        }
        for at, (source, target, logit) in enumerate(zip(sources.tolist(), targets.tolist(), links.logits, strict=True))
    ]
    return Columns(model, known=True, degrees=True), links, expected


def _listed(column: Any) -> list[Any]:
    return [value.as_py() for value in column]


def assert_same(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Texts, numbers and flags are equal, and columns have the same order."""
    assert [[*row] for row in found] == [[*row] for row in expected]
    for one, other in zip(found, expected, strict=True):
        for name, value in other.items():
            assert one[name] == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value)


def test_ndjson_has_an_object_a_line(rows: Any) -> None:
    """Read by the standard library."""
    columns, links, expected = rows
    write_ndjson(file := io.BytesIO(), columns, links)
    assert_same([json.loads(line) for line in file.getvalue().splitlines()], expected)


def test_csv_has_names_and_empty_cells(rows: Any) -> None:
    """Read by the standard library: numbers to the bit, nothing where there is none."""
    columns, links, expected = rows
    write_csv(file := io.BytesIO(), columns, links)
    read: list[dict[str, Any]] = [*csv.DictReader(io.StringIO(file.getvalue().decode(), newline=""))]
    for row in read:
        row.update({name: float(row[name]) if row[name] else None for name in ("probability", "logit", "calibrated")})
        row.update({name: int(row[name]) for name in ("source_degree", "target_degree")}, known=row["known"] == "true")
    assert [row["logit"] for row in read] == links.logits.tolist()
    assert_same(read, expected)


def test_arrow_has_columns_of_their_types(rows: Any) -> None:
    """Read by another library."""
    columns, links, expected = rows
    write_arrow(file := io.BytesIO(), columns, links)
    table = read_ipc_stream(io.BytesIO(file.getvalue())).read_all()
    read = {name: _listed(table[name]) for name in table.column_names}
    assert_same([dict(zip(read, row, strict=True)) for row in zip(*read.values(), strict=True)], expected)
    assert [str(table.schema.field(name).type).strip() for name in [*read][4:]] == [
        f"arro3.core.DataType<{t}>" for t in _TYPES
    ]


_TYPES = ("Float64", "Float64", "Float64", "Boolean", "Int64", "Int64")


def test_an_empty_list_has_its_columns(model: Scorer) -> None:
    """The header of CSV, and the schema of Arrow."""
    write_csv(text := io.BytesIO(), Columns(model), NO_LINKS)
    assert text.getvalue() == b"source,target,source_type,target_type,probability,logit,calibrated\n"
    write_arrow(file := io.BytesIO(), Columns(model), NO_LINKS)
    assert read_ipc_stream(io.BytesIO(file.getvalue())).read_all().num_rows == 0


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    """A writer that fails leaves what was there, and nothing beside it."""
    path = tmp_path / "links.csv"
    write_whole(path, lambda part: part.write_text("whole"))

    def torn(part: Path) -> None:
        part.write_text("half")
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write_whole(path, torn)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("links.csv", "whole")]
