"""`latentlink predict`: lists in files of every format, pairs, a resumption, and what is refused."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from arro3.io import read_ipc_stream, read_parquet

from latentlink.app.cli.predicting import predict as command
from latentlink.app.schemas.links import LinksRequest
from latentlink.app.services.link_lists.saving import State
from latentlink.app.services.link_lists.saving import find as finding
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint import open_checkpoint
from tests.app.services.link_lists.oracle import all_links
from tests.command import Outcome, run_command

Predict = Callable[..., Outcome]
Row = tuple[str, str, float]


@pytest.fixture
def predict(checkpoints: Path, tmp_path: Path) -> Predict:
    """Run `latentlink predict small` in a folder of its own."""
    return partial(run_command, "predict", "small", "--checkpoints", checkpoints, folder=tmp_path)


@pytest.fixture(scope="session")
def scorer(checkpoints: Path) -> Scorer:
    """The same model, opened."""
    return Scorer(open_checkpoint(next(checkpoints.glob("small/2*"))))


def rows_of(path: Path) -> list[Row]:
    """Source, target and logit of each row of a CSV file."""
    with path.open(newline="") as file:
        return [(row["source"], row["target"], float(row["logit"])) for row in csv.DictReader(file)]


def expected(scorer: Scorer, asked: LinksRequest) -> list[Row]:
    """The same by brute force."""
    return [
        (scorer.nodes.id(link.source), scorer.nodes.id(link.target), link.logit) for link in all_links(scorer, asked)
    ]


def test_the_file_has_the_best_links_of_all_pairs(predict: Predict, scorer: Scorer, tmp_path: Path) -> None:
    """In order and to the bit, with the degrees that are included; ids with quotes and line ends are read back."""
    done = predict("--top", 30, "--out", "links.csv", "--include", "degrees")
    assert (done.code, done.out) == (0, "wrote  links.csv: 30 links\n"), done.err
    assert rows_of(tmp_path / "links.csv") == expected(scorer, LinksRequest(limit=30))[:30]
    with (tmp_path / "links.csv").open(newline="") as file:
        degrees = [(row["source"], int(row["source_degree"])) for row in csv.DictReader(file)]
    assert degrees == [(node, len(scorer.checkpoint.graph.neighbors(scorer.nodes.row(node)))) for node, _ in degrees]
    assert [path.name for path in tmp_path.iterdir()] == ["links.csv"]


def test_all_links_above_a_probability_are_listed(predict: Predict, scorer: Scorer, tmp_path: Path) -> None:
    """Without a number of links."""
    assert predict("--min-probability", 0.99, "--out", "links.csv").code == 0
    assert rows_of(tmp_path / "links.csv") == expected(scorer, LinksRequest(limit=1, min_probability=0.99))


def test_every_format_holds_the_same(predict: Predict, tmp_path: Path) -> None:
    """Read by other libraries."""
    for suffix in ("csv", "ndjson", "arrow", "parquet"):
        assert predict("--top", 50, "--known", "--out", f"links.{suffix}").code == 0
    lines = [json.loads(line) for line in (tmp_path / "links.ndjson").read_bytes().splitlines()]
    assert [*lines[0]] == ["source", "target", "probability", "logit", "known"]
    assert {line["known"] for line in lines} == {True, False}
    assert rows_of(tmp_path / "links.csv") == [(line["source"], line["target"], line["logit"]) for line in lines]
    for table in (read_ipc_stream(tmp_path / "links.arrow"), read_parquet(tmp_path / "links.parquet")):
        read: Any = table.read_all()
        columns = {name: [value.as_py() for value in read[name]] for name in read.column_names}
        assert [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)] == lines


def test_nodes_and_candidates_are_read_from_files(predict: Predict, scorer: Scorer, tmp_path: Path) -> None:
    """Lines of a text, and the column `node` of a table; the best two links of each of these nodes."""
    (tmp_path / "sources.txt").write_text("a\nn40\n")
    (tmp_path / "targets.csv").write_text("node,age\nn41,3\nn42,4\nb,5\n")
    done = predict("--per-node", 2, "--nodes", "sources.txt", "--candidates", "targets.csv", "--out", "links.csv")
    assert done.code == 0, done.err
    best = [
        link
        for node in ("a", "n40")
        for link in expected(scorer, LinksRequest(sources=[node], targets=["n41", "n42", "b"]))[:2]
    ]
    assert rows_of(tmp_path / "links.csv") == best


def test_pairs_of_a_file_are_scored_in_their_order(predict: Predict, scorer: Scorer, tmp_path: Path) -> None:
    """Repeats and both directions of a pair among them, as `score_pair` has it."""
    pairs = [("b", "a"), ("n40", "c"), ("a", "b"), ("b", "a")]
    (tmp_path / "pairs.csv").write_text("source,target\n" + "".join(f"{a},{b}\n" for a, b in pairs))
    done = predict("--pairs", "pairs.csv", "--out", "scores.ndjson")
    assert (done.code, done.err) == (0, "")
    lines = [json.loads(line) for line in (tmp_path / "scores.ndjson").read_bytes().splitlines()]
    assert [(line["source"], line["target"]) for line in lines] == pairs
    for line, pair in zip(lines, pairs, strict=True):
        score = scorer.score_pair(*map(scorer.nodes.row, pair))
        assert (line["logit"], line["probability"], line["known"]) == score


def test_pairs_in_columns_of_other_names_are_refused(predict: Predict, tmp_path: Path) -> None:
    """The remedy names no option that the command lacks."""
    (tmp_path / "pairs.csv").write_text("a,b,x\n1,2,3\n")
    done = predict("--pairs", "pairs.csv", "--out", "scores.csv")
    assert (done.code, "--source" in done.err, "source and target" in done.err) == (2, False, True)


class KilledError(Exception):
    """The process ended."""


def test_a_killed_prediction_goes_on(predict: Predict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the state of the second step of five, to the same bytes; without --resume it begins again."""
    monkeypatch.setattr("latentlink.app.services.link_lists.per_node._ROWS", 12)
    monkeypatch.setattr(command, "State", partial(State, every=0))
    asked = ("--per-node", 3, "--out", "links.csv")
    assert predict(*asked).code == 0
    whole, shares = (tmp_path / "links.csv").read_bytes(), list[float]()
    (tmp_path / "links.csv").write_text("old")

    def killed(*given: Any, **options: Any) -> Iterator[Any]:
        for advance in finding(*given, **options):
            if advance.share > 0.5:
                raise KilledError
            yield advance

    def watched(*given: Any, **options: Any) -> Iterator[Any]:
        for advance in finding(*given, **options):
            shares.append(advance.share)
            yield advance

    monkeypatch.setattr(command, "find", killed)
    with pytest.raises(KilledError):
        predict(*asked)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".links.csv.resume", "links.csv"]
    assert (tmp_path / "links.csv").read_text() == "old"
    monkeypatch.setattr(command, "find", watched)
    other = predict("--per-node", 4, "--out", "links.csv", "--resume")
    assert (other.code, "expected the state of this list" in other.err) == (2, True)
    assert predict(*asked, "--resume").code == 0
    assert shares == [0.8, 1.0]
    assert (tmp_path / "links.csv").read_bytes() == whole
    assert [path.name for path in tmp_path.iterdir()] == ["links.csv"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--top 3 --out links.txt", r"--out: expected a file that ends with \.csv, \.ndjson, \.arrow, \.parquet"),
        ("--top 3 --out there/links.csv", "--out: expected a folder that is there, found 'there'; make it"),
        ("--out links.csv", "--top: expected how many links, found nothing; pass --top 1000"),
        ("--top 3 --per-node 3 --out links.csv", "--top: expected it without --per-node, found both"),
        ("--pairs p.csv --top 3 --known --out links.csv", "--pairs: expected it without --top, --known"),
        ("--top 3 --filter x --out links.csv", "--filter: expected JSON such as"),
        ("--top 3 --filter 3 --out links.csv", "--filter: expected .*, found 3"),
        ("--top 3 --include all --out links.csv", "--include.0: expected .*, found 'all'"),
        ("--top 3 --relation likes --out links.csv", "relation: expected a model of links with relations, found small"),
        ("--top 3 --nodes no.txt --out links.csv", "no.txt: expected a file of ids in UTF-8, one a line, found: "),
        ("--top 3 --nodes ids.txt --out links.csv", "expected ids that the model knows, found 'n0x'; near 'n0x': "),
    ],
)
def test_what_can_not_be_is_refused(predict: Predict, tmp_path: Path, options: str, message: str) -> None:
    """In one message, with exit code 2; nothing is written."""
    (tmp_path / "ids.txt").write_text("a\nn0x\n")
    code, _, err = predict(*options.split())
    assert (code, err.count("\n")) == (2, 1), err
    assert re.search(message, err), err
    assert [path.name for path in tmp_path.iterdir()] == ["ids.txt"]
