"""`latentlink check`: how data are read, and nothing else."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from latentlink.models.evaluation.splits import MIN_EDGES
from tests.app.cli.conftest import Command

RATINGS = "userId,movieId,rating,at\n" + "".join(f"{u % 13},{100 + u % 7},{1 + u % 5},{u}\n" for u in range(1, 30))
NODES = "node,block,city,name,joined\n" + "".join(
    f"{i},{i % 4},{'xy'[i % 2]},n{i},2026-01-0{1 + i % 9}\n" for i in range(30)
)


def test_each_column_is_said_to_be_something(latentlink: Command, tmp_path: Path) -> None:
    """Format, delimiter, header, the columns of links, the range of the weights, the first link, and what is not used."""
    (tmp_path / "r.csv").write_text(RATINGS)
    code, out, err = latentlink("check", "r.csv", "--source", "userId", "--target", "movieId", "--weight", "rating")
    first, links = out.splitlines()
    assert (code, err, "weights 1 to 5" in first) == (0, "", True)
    assert links.startswith("links      r.csv (CSV with commas, first row: names): ")
    for part in (
        "'userId' source",
        "'movieId' target",
        "'rating' weight 1 to 5",
        "not used: 'at'",
        "first link '1' - '101'",
    ):
        assert part in links


@pytest.mark.parametrize("weights", [("0.1", "2.5"), ("1e-30", "964980000"), ("1", "16777216")])
def test_weights_are_printed_as_the_file_has_them(
    latentlink: Command, tmp_path: Path, weights: tuple[str, str]
) -> None:
    """In the fewest digits that float32 needs."""
    (tmp_path / "w.csv").write_text(f"source,target,weight\na,b,{weights[0]}\nb,c,{weights[1]}\n")
    assert latentlink("check", "w.csv").out.count(" to ".join(weights)) == 2


def test_columns_of_nodes_are_named_with_their_kind(latentlink: Command, tmp_path: Path) -> None:
    """What is left out is noted once, on standard error."""
    (tmp_path / "x.csv").write_text(NODES)
    code, out, err = latentlink("check", "ring.csv", "--features", "x.csv", "--category", "block")
    assert (code, "unweighted" in out.splitlines()[0]) == (0, True)
    columns = (
        "'node' id, 'block' category of 4, 'city' category of 2, 'name' left out, every value different, "
        "'joined' left out, dates"
    )
    assert out.splitlines()[-1].endswith(columns)
    assert [re.findall(r"'(\w+)'", line) for line in err.splitlines()] == [["joined"], ["name", "name"]]


def test_relations_may_be_files(latentlink: Command, tmp_path: Path) -> None:
    """RELATION=FILE; a path that exists is a path, whatever its name."""
    (tmp_path / "a=b.csv").write_text("source,target\n1,2\n2,0\n")
    first, *links = latentlink("check", "--edges", "near=ring.csv", "--edges", "far=a=b.csv").out.splitlines()
    assert first.startswith("ring-a=b: 30 nodes, 62 directed edges of 2 relations ")
    assert [re.findall(r"\(relation '(\w+)'", line) for line in links] == [["near"], ["far"]]
    assert latentlink("check", "--edges", "a=b.csv").out.startswith("a=b: 3 nodes, 2 edges ")


@pytest.mark.parametrize(
    ("given", "option"),
    [
        (("--edges", "ring.csv", "--edges", "ring.csv"), "--edges"),
        (("--edges", "x=ring.csv", "--edges", "ring.csv"), "--edges"),
        (("--edges", "x=ring.csv", "--edges", "x=ring.csv"), "--edges"),
        (("--edges", "=ring.csv"), "--edges"),
        (
            ("--edges", "ring.csv", "--source-type", "a", *("--target-type", "b"), *(2 * ("--features", "a=x"))),
            "--features",
        ),
    ],
)
def test_several_files_have_a_name_each(latentlink: Command, given: tuple[str, ...], option: str) -> None:
    """Those of another file would be lost."""
    code, _, err = latentlink("check", *given)
    assert (code, err.startswith(f"error: {option}: expected one FILE, or ")) == (2, True)


@pytest.mark.parametrize("command", ["check", "train"])
def test_links_between_types_have_no_direction(latentlink: Command, tmp_path: Path, command: str) -> None:
    """Neither by names of types nor by a column; both commands say so before they read much."""
    (tmp_path / "n.csv").write_text("node,kind\n" + "".join(f"{i},{i % 2}\n" for i in range(30)))
    types = ("--source-type", "a", "--target-type", "b"), ("--features", "n.csv", "--type-column", "kind")
    for given in types:
        code, _, err = latentlink(command, "--edges", "ring.csv", "--directed", *given)
        assert (code, err.startswith("error: --directed: expected nodes of one type, found --")) == (2, True)


def test_queries_of_links_and_nodes_run_in_a_database(latentlink: Command, tmp_path: Path) -> None:
    """A query is told from TYPE=FILE also where it has a `=`."""
    with closing(sqlite3.connect(tmp_path / "g.db")) as database:
        database.executescript(
            "CREATE TABLE links (a, b); INSERT INTO links VALUES ('x', 'y'), ('y', 'z');"
            "CREATE TABLE people (id, age, live); INSERT INTO people VALUES ('x', 3, 1), ('y', 5, 1), ('z', 4, 1), ('w', 1, 0)"
        )
    queries = (
        "--sql",
        "SELECT a AS source, b AS target FROM links",
        "--features",
        "SELECT id, age FROM people WHERE live = 1",
    )
    code, out, err = latentlink("check", "--database", "sqlite:///g.db", *queries)
    assert (code, err, out.splitlines()[0].startswith("sql: 3 nodes, 2 edges")) == (0, "", True)


def test_a_sample_that_is_too_small_to_train_on_is_read(latentlink: Command, tmp_path: Path) -> None:
    """The help says that the edges of a split are not checked, and how many a training needs."""
    (tmp_path / "few.csv").write_text("source,target\n" + "".join(f"{i},{i + 1}\n" for i in range(MIN_EDGES - 1)))
    checked, trained = latentlink("check", "few.csv"), latentlink("train", "--edges", "few.csv")
    assert (checked.code, trained.code, trained.out.startswith(checked.out)) == (0, 2, True)
    assert f"expected at least {MIN_EDGES} edges to split" in trained.err
    assert f"as {MIN_EDGES} edges to split, is not checked" in " ".join(latentlink("check", "--help").out.split())


def test_it_writes_nothing(latentlink: Command, tmp_path: Path) -> None:
    """No checkpoint, no store."""
    before = sorted(tmp_path.rglob("*"))
    assert latentlink("check", "ring.csv").code == 0
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "options",
    [
        ("ring.csv",),
        ("--sql", "FROM 'ring.csv'"),
        ("--dataset", "karate"),
        ("none.csv",),
        ("bare.csv", "--no-header"),
        ("ring.csv", "--features", "holes.csv"),
        ("ring.csv", "--features", "holes.csv", "--model", "ae"),
    ],
)
def test_train_says_what_check_says(latentlink: Command, tmp_path: Path, options: tuple[str, ...]) -> None:
    """The same lines and the same notes, before the training; or the same refusal."""
    (tmp_path / "bare.csv").write_text("".join(f"{i},{(i + s) % 30},{i}\n" for i in range(30) for s in (1, 4)))
    holes = (f"{i},{'' if i == 7 else 'xy'[i % 2]},{i % 7 + 0.5}\n" for i in range(30))
    (tmp_path / "holes.csv").write_text("node,city,age\n" + "".join(holes))
    checked = latentlink("check", *options)
    named = options if options[0].startswith("--") else ("--edges", *options)
    trained = latentlink("train", *named, "--epochs", 1, "--dim", 4)
    assert (trained.code, trained.err) == (checked.code, checked.err)
    assert trained.out.startswith(checked.out)


def test_a_note_is_printed_once(latentlink: Command, tmp_path: Path) -> None:
    """Before the training, on standard error; with `--json`, too."""
    (tmp_path / "ring.csv").write_text("# made by hand\n" + (tmp_path / "ring.csv").read_text())
    for options in ((), ("--json",)):
        _, out, err = latentlink("train", "--edges", "ring.csv", "--epochs", 1, "--dim", 4, *options)
        assert (out + err).count("made by hand") == 1


def test_warnings_of_libraries_have_no_paths(latentlink: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for the user, as other warnings."""
    import warnings

    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    latentlink("--version")
    assert warnings.formatwarning("of a library", UserWarning, "/usr/lib/python3/x.py", 7) == "warning: of a library\n"


def test_the_file_may_stand_behind_edges_as_in_train(latentlink: Command, tmp_path: Path) -> None:
    """Either way the same is printed; in both places it is refused."""
    (tmp_path / "e.csv").write_text("source,target\na,b\nb,c\n")
    assert latentlink("check", "--edges", "e.csv") == latentlink("check", "e.csv")
    code, _, err = latentlink("check", "e.csv", "--edges", "e.csv")
    assert (code, err.startswith("error: --edges: ")) == (2, True)


def test_tables_of_types_are_given_one_by_one(latentlink: Command, tmp_path: Path) -> None:
    """As TYPE=FILE; a value without the name of a type is a path, whatever characters it has, and several need types."""
    columns = ("r.csv", "--source", "userId", "--target", "movieId")
    ends = ("--source-type", "user", "--target-type", "film")
    (tmp_path / "r.csv").write_text("userId,movieId\n1,1\n2,1\n")
    (tmp_path / "user=1.csv").write_text("id,age\n1,20\n2,40\n")
    (tmp_path / "f.csv").write_text("id,year\n1,1999\n3,1994\n")
    out = latentlink("check", *columns, *ends, "--features", "user=user=1.csv", "--features", "film=f.csv").out
    assert "(2 user, 2 film), 2 edges" in out
    assert "nodes      user=1.csv (nodes of type user, CSV" in out
    assert "'age' number" in latentlink("check", *columns, "--one-kind", "--features", "user=1.csv").out
    assert "--features: expected a table of one type" in latentlink("check", *columns, *ends, "--features", "f.csv").err
    for features in (["film=f.csv"], ["f.csv", "user=1.csv"]):
        options = [text for name in features for text in ("--features", name)]
        code, _, err = latentlink("check", *columns, "--one-kind", *options)
        assert (code, err.startswith("error: --features: expected one FILE, or TYPE=FILE once for")) == (2, True)
