"""Files of Parquet, and the table that every engine writes."""

from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest
from arro3.core import Array, Table
from arro3.io import read_parquet, write_parquet

from latentlink.models.checkpoint import Checkpoint, store
from latentlink.models.errors import DataError
from latentlink.models.publishing.exporters import export
from latentlink.models.publishing.exporters.vector_table import VectorTable
from tests.support import Small


def test_parquet_names_the_metric_and_the_version(plain: Checkpoint, tmp_path: Path) -> None:
    """The metadata of the file have both, which a reader of the vectors needs."""
    export(VectorTable.of(plain), "parquet", str(tmp_path), "people")
    found = read_parquet(tmp_path / "people.parquet").schema.metadata
    assert found[b"latentlink.metric"] == b"inner product"
    assert found[b"latentlink.edition"].decode() == plain.manifest.version


def test_a_file_in_place_of_the_folder_is_refused(plain: Checkpoint, tmp_path: Path) -> None:
    """It is what the exported table might be thought to be called; it stays as it is."""
    path = tmp_path / "links.csv"
    path.write_text("a,b")
    with pytest.raises(DataError, match=r"^--at: expected a folder for people\.parquet, found the file .*links\.csv;"):
        export(VectorTable.of(plain), "parquet", str(path), "people")
    assert path.read_text() == "a,b"


def test_parquet_holds_sparse_parts(models: Path, tmp_path: Path) -> None:
    """The product of two rows' sparse parts, with that of their vectors, is the logit."""
    table = VectorTable.of(store.find(models, "shared"))
    export(table, "parquet", str(tmp_path), "people")
    query = f"SELECT source, target, shared_links FROM '{tmp_path}/people.parquet' ORDER BY row"
    rows = duckdb.execute(query).fetchall()
    sparse = [{link["row"]: link["weight"] for link in links} for _, _, links in rows]
    for one, other in ((0, 1), (4, 9), (20, 2)):
        logit = float(np.dot(rows[one][0], rows[other][1]))
        logit += sum(sparse[one][node] * sparse[other][node] for node in sparse[one].keys() & sparse[other].keys())
        assert logit == pytest.approx(table.checkpoint.decoder.pair(one, other), abs=1e-5)


@pytest.mark.parametrize("content", [b"not Parquet", None], ids=["text", "other-table"])
def test_parquet_overwrites_no_other_file(plain: Checkpoint, tmp_path: Path, content: bytes | None) -> None:
    """A file of the same name that no export wrote is kept, and named."""
    path = tmp_path / "people.parquet"
    if content is None:
        write_parquet(Table.from_pydict({"a": Array(np.arange(3))}), path)
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(DataError, match=r"--alias: .*people\.parquet"):
        export(VectorTable.of(plain), "parquet", str(tmp_path), "people")
    assert path.read_bytes() == before


def test_parquet_names_a_place_that_can_t_be_written(plain: Checkpoint, tmp_path: Path) -> None:
    """A folder below a file is no folder."""
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"--at: .*parquet, found the file .*file; "):
        export(VectorTable.of(plain), "parquet", str(tmp_path / "file" / "folder"), "people")


def test_a_column_with_a_name_of_the_table_gets_another(tmp_path: Path, plain: Checkpoint) -> None:
    """`node` and `node_` are columns of the model here, and `type` is no name of a model without types, but of a table."""
    columns = dict(zip(("node", "node_", "type"), plain.columns.values(), strict=True))
    replace(Small.random(), columns=columns).publish(tmp_path, "named")
    table = VectorTable.of(store.find(tmp_path, "named"))
    assert list(table.fields) == ["node", "version", "node__", "node_", "type_"]
    batch = next(table.batches())
    assert list(batch.cells) == list(table.fields)
    assert batch.cells["node"][3] == "a"
    assert batch.cells["node__"][1] == Small.random().with_columns().cells()[1]["city"]


def test_a_relation_must_be_named(models: Path) -> None:
    """Of a model of several relations; another model has none."""
    relational = store.find(models, "relational")
    with pytest.raises(DataError, match=r"--relation: .*'likes', 'knows'.* found none"):
        VectorTable.of(relational)
    with pytest.raises(DataError, match=r"found 'hates'"):
        VectorTable.of(relational, "hates")
    with pytest.raises(DataError, match=r"--relation: .*no relations, found 'likes'"):
        VectorTable.of(store.find(models, "plain"), "likes")
    editions = {VectorTable.of(relational, name).edition for name in ("likes", "knows")}
    assert len(editions) == 2
