"""Every engine holds what the checkpoint holds, answers as the service does, and shows readers whole versions alone."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlink.models.checkpoint import Checkpoint, store
from latentlink.models.publishing.exporters import export
from latentlink.models.publishing.exporters.vector_table import Batch, VectorTable
from tests.models.publishing.exporters.readers import Reader
from tests.support import Client, Small, serving


@pytest.fixture(scope="module")
def client(models: Path) -> Iterator[Client]:
    """The service over the same models."""
    with serving(models) as client:
        yield client


def _barred(checkpoint: Checkpoint, row: int) -> list[str]:
    """The node itself and its links, known and held out."""
    barred = [row, *checkpoint.graph.neighbors(row).tolist()]
    heldout = checkpoint.graph.heldout
    if heldout is not None:
        barred += heldout[heldout[:, 0] == row, 1].tolist()
        barred += [] if checkpoint.manifest.directed else heldout[heldout[:, 1] == row, 0].tolist()
    return checkpoint.nodes.ids(barred)


@pytest.mark.usefixtures("small_batches")
def test_an_engine_holds_the_checkpoint(models: Path, reader: Reader) -> None:
    """Every row, id, cell and number is there, bit by bit, in order."""
    small = Small.random().with_columns()
    table = VectorTable.of(store.find(models, "weighted"))
    export(table, reader.engine, reader.at, "people")
    rows, decoder = reader.rows("people"), table.checkpoint.decoder
    assert [row["row"] for row in rows] == list(range(60))
    assert [row["node"] for row in rows] == table.checkpoint.nodes.ids(range(60))
    assert {row["version"] for row in rows} == {table.checkpoint.manifest.version}
    assert [{name: row[name] for name in ("city", "age", "member")} for row in rows] == small.cells()
    for role, vectors in {"target": decoder.z, "source": decoder.source_vectors(slice(None))}.items():
        np.testing.assert_array_equal(np.array([row[role] for row in rows], np.float32), vectors)


@pytest.mark.parametrize("model", ["plain", "weighted", "directed", "typed", "relational"])
def test_the_best_of_an_engine_are_the_service_s(models: Path, client: Client, reader: Reader, model: str) -> None:
    """The top 10 of each node, known links excluded, are those of `neighbors`."""
    asked: dict[str, str] = {"relational": {"relation": "knows"}, "typed": {"target_type": "item"}}.get(model, {})
    table = VectorTable.of(store.find(models, model), asked.get("relation"))
    checkpoint, kind = table.checkpoint, asked.get("target_type")
    export(table, reader.engine, reader.at, "people")
    types = checkpoint.nodes.types
    queries = np.arange(0, 60, 3) if types is None else np.flatnonzero(types == 0)  # users are linked to items
    for row in queries.tolist():
        query: dict[str, Any] = {"node": checkpoint.nodes.id(row), "k": 10, **asked} | (
            {"type": "user"} if kind else {}
        )
        answer = client.get(f"/v1/models/{model}/neighbors", params=query).json()
        barred = _barred(checkpoint, row)
        if types is not None:  # an item may have the id of a user
            barred = [node for node in barred if not kind or _linked_item(checkpoint, row, node)]
        best = reader.best("people", checkpoint.decoder.source_vector(row), barred, kind)
        assert best == [found["node"] for found in answer["neighbors"]]


def _linked_item(checkpoint: Checkpoint, row: int, node: str) -> bool:
    try:
        item = checkpoint.nodes.row(node, 1)
    except KeyError:
        return False
    heldout = checkpoint.graph.heldout
    assert heldout is not None
    return checkpoint.graph.has_edge(row, item) or bool((np.sort(heldout) == sorted([row, item])).all(axis=1).any())


def test_a_version_that_readers_see_is_not_written_again(
    plain: Checkpoint, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second export of a version reads no vector and changes nothing."""
    table = VectorTable.of(plain)
    assert export(table, reader.engine, reader.at, "people").new
    before = reader.rows("people"), reader.names()
    monkeypatch.setattr(VectorTable, "batches", None)
    assert not export(table, reader.engine, reader.at, "people").new
    assert (reader.rows("people"), reader.names()) == before


def test_a_new_version_leaves_nothing_of_the_old_one(tmp_path: Path, reader: Reader) -> None:
    """Rows are of the new version alone, of which there are fewer and shorter ones, and nothing else is left behind."""
    for n, dim in ((60, 4), (50, 3)):
        replace(Small.random(n, dim), ids=()).publish(tmp_path / "store", "people")
        second = store.find(tmp_path / "store", "people")
        export(VectorTable.of(second), reader.engine, reader.at, "people")
    rows = reader.rows("people")
    assert {row["version"] for row in rows} == {second.manifest.version}
    assert (len(rows), {len(row["target"]) for row in rows}) == (50, {3})
    assert len(reader.names()) == (1 if reader.engine == "parquet" else 2)


_KILLED = """
import os, signal, sys
from pathlib import Path
from latentlink.models.checkpoint import store
from latentlink.models.publishing.exporters import export, vector_table

batches = vector_table.VectorTable.batches
def killed(table):
    for place, batch in enumerate(batches(table)):
        yield batch
        if place == 3:
            os.kill(os.getpid(), signal.SIGKILL)

vector_table._AT_ONCE = 100
vector_table.VectorTable.batches = killed
path, model, engine, at = sys.argv[1:]
export(vector_table.VectorTable.of(store.find(Path(path), model)), engine, at, "people")
"""


@pytest.mark.slow
def test_the_old_version_stands_when_an_export_is_killed(models: Path, plain: Checkpoint, reader: Reader) -> None:
    """Killed between two batches: readers see the old version, whole; the next export leaves the new one alone."""
    export(VectorTable.of(plain), reader.engine, reader.at, "people")
    before = reader.rows("people")
    arguments = [str(models), "weighted", reader.engine, reader.at]
    killed = subprocess.run([sys.executable, "-c", _KILLED, *arguments], check=False, timeout=120)
    assert killed.returncode == -9
    assert reader.rows("people") == before
    new = VectorTable.of(store.find(models, "weighted"))
    export(new, reader.engine, reader.at, "people")
    assert {row["version"] for row in reader.rows("people")} == {new.edition}
    assert len(reader.names()) == (1 if reader.engine == "parquet" else 2)


def test_the_old_version_stands_when_an_export_fails(
    plain: Checkpoint, models: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt between two batches is passed on, and readers see the old version."""
    export(VectorTable.of(plain), reader.engine, reader.at, "people")
    before, batches = reader.rows("people"), VectorTable.batches

    def interrupted(table: VectorTable) -> Iterator[Batch]:
        yield next(batches(table))
        raise KeyboardInterrupt

    monkeypatch.setattr(VectorTable, "batches", interrupted)
    monkeypatch.setattr("latentlink.models.publishing.exporters.vector_table._AT_ONCE", 100)
    with pytest.raises(KeyboardInterrupt):
        export(VectorTable.of(store.find(models, "weighted")), reader.engine, reader.at, "people")
    assert reader.rows("people") == before
