"""`latentlink export` from the command line."""

import sys
from pathlib import Path

import pytest

from latentlink.models.checkpoint import store
from tests.app.cli.conftest import Command
from tests.parts import publish_parts
from tests.support import Small


@pytest.fixture
def version(tmp_path: Path) -> str:
    """Of the model `people` in the store."""
    return Small.random().with_columns().publish(tmp_path / "checkpoints", "people")


def test_the_first_export_says_what_it_wrote_and_the_second_that_it_did_not(latentlink: Command, version: str) -> None:
    """The version, the alias, the numbers, the vectors and the fields; the same command again."""
    written = ("export", "people", "--to", "parquet", "--at", "vectors")
    lines = f"people@{version} as people: 60 × 8, target\nfields     node, version, city, age, member\n"
    assert latentlink(*written) == (0, f"exported   {lines}", "")
    assert latentlink(*written) == (0, f"unchanged  {lines}", "")


def test_it_reports_what_the_sparse_part_adds(latentlink: Command, tmp_path: Path, version: str) -> None:
    """A model with shared links has a line on their recall."""
    publish_parts(tmp_path / "checkpoints", store.find(tmp_path / "checkpoints", f"people@{version}"), "shared")
    _, out, _ = latentlink("export", "shared", "--to", "parquet", "--at", "vectors", "--alias", "other")
    assert "shared_links; the 100 best by the vectors alone hold 100.0% of the best 10 of 60 nodes" in out
    assert (tmp_path / "vectors" / "other.parquet").is_file()


@pytest.mark.usefixtures("version")
@pytest.mark.parametrize(
    ("engine", "package"),
    [("parquet", "arro3.core"), ("qdrant", "qdrant_client"), ("pgvector", "psycopg"), ("milvus", "pymilvus")],
)
def test_a_missing_library_names_its_extra(
    latentlink: Command, monkeypatch: pytest.MonkeyPatch, engine: str, package: str
) -> None:
    """One line with what to pass to pip."""
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"latentlink.models.publishing.exporters.{engine}", raising=False)
    code, out, err = latentlink("export", "people", "--to", engine, "--at", "x")
    assert (code, out) == (2, "")
    assert err.startswith(f"error: expected the package {package.partition('.')[0]}, found none; pip install")
    assert f"latentlink[{engine}]" in err


@pytest.mark.usefixtures("version")
@pytest.mark.parametrize("alias", ["", "../x", "A", "p" * 65])
def test_an_alias_is_a_name(latentlink: Command, alias: str) -> None:
    """As those of models are, so that it is one in every engine."""
    code, _, err = latentlink("export", "people", "--to", "parquet", "--at", "x", "--alias", alias)
    assert (code, err.partition(":")[2].strip()[:8]) == (2, "--alias:")


@pytest.mark.usefixtures("version")
@pytest.mark.parametrize("at", ["s3://models/x", "s3:/models/x", "", "ring.csv", "dangling"])
def test_a_place_that_is_no_folder_is_one_message(latentlink: Command, tmp_path: Path, at: str) -> None:
    """Exit code 2, one line about `--at`, and nothing is made."""
    (tmp_path / "dangling").symlink_to("nowhere")
    before = sorted(path.name for path in tmp_path.iterdir())
    code, out, err = latentlink("export", "people", "--to", "parquet", "--at", at)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith("error: --at: expected a folder for people.parquet, found ")
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.slow
@pytest.mark.usefixtures("version")
@pytest.mark.parametrize("engine", ["qdrant", "milvus"])
@pytest.mark.parametrize(
    "at",
    [
        "s3://b/p",
        "ftp://x",
        "http://a b",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:abc",
        "http://ä..b:1",
        "ring.csv",
    ],
)
def test_an_address_that_no_server_has_is_one_message(latentlink: Command, engine: str, at: str) -> None:
    """Exit code 2, and no traceback of a library."""
    code, out, err = latentlink("export", "people", "--to", engine, "--at", at)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith("error: --at: expected ")
