"""The benchmark of the service beside vector databases."""

import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from benchmarks._service import publish_table
from benchmarks.engines import drawn, installed, question_of, recall_of
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.checkpoint.store import find


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    """300 nodes in three blocks."""
    publish_table(tmp_path / "store", *drawn(300, 8, np.random.default_rng(0)))
    return find(tmp_path / "store", "bench")


def _best(checkpoint: Checkpoint, row: int, barred: set[int]) -> list[int]:
    """By products in Python, one pair after the other."""
    products = {
        other: sum(float(a) * float(b) for a, b in zip(checkpoint.mu[row], checkpoint.mu[other], strict=True))
        for other in range(300)
        if other not in barred
    }
    return sorted(products, key=lambda other: -products[other])


def test_recall_counts_the_best_without_known_links(checkpoint: Checkpoint) -> None:
    """All of them are 1; the eleventh in the place of one is 0.9; a known link in the place of one is a miss, too."""
    row = 17
    known = set(checkpoint.graph.neighbors(row).tolist())
    best = checkpoint.nodes.ids(_best(checkpoint, row, {row, *known})[:11])
    question, linked = question_of(checkpoint, row), checkpoint.nodes.id(next(iter(known)))
    for answer, share in ((best[:10], 1.0), (best[1:], 0.9), ([linked, *best[:9]], 0.9), ([], 0.0)):
        assert recall_of([answer], checkpoint, [question]) == pytest.approx(share)
    assert recall_of([best[:10], []], checkpoint, [question, question]) == pytest.approx(0.5)


def test_a_database_that_is_not_installed_is_left_out(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a line that names its package and what installs it; the others are asked and written."""
    for package in ("psycopg", "pymilvus", "milvus_lite", "milvus_lite.server_manager"):
        monkeypatch.setitem(sys.modules, package, None)
    questions = [question_of(checkpoint, row) for row in range(3)]
    with ExitStack() as stack:
        ways, exported = installed(checkpoint, questions, tmp_path, stack)
        answers = {way: [ask(question)() for question in questions] for way, ask in ways.items()}
    assert (list(ways), list(exported)) == (["Qdrant's local engine"], ["parquet", "qdrant"])
    assert recall_of(answers["Qdrant's local engine"], checkpoint, questions) == 1.0
    lines = capsys.readouterr().out
    for engine, package in (("pgvector", "psycopg"), ("milvus", "milvus_lite")):
        assert f"{engine} is left out: expected the package {package}, found none; pip install" in lines
