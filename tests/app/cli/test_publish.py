"""`latentlink publish`: vectors in a file, as a checkpoint."""

from pathlib import Path

import numpy as np
import pytest

from tests.app.cli.conftest import RING, Command, published

Z = np.random.default_rng(0).normal(size=(31, 2)).round(3)
VECTORS = "node,x,y\n" + "".join(f"{row},{x},{y}\n" for row, (x, y) in enumerate(Z.tolist()))
LINES = RING.splitlines()
DIVIDED = "\n".join(
    [
        f"{LINES[0]},part",
        *(f"{line},{['train', 'valid', 'test', *['train'] * 7][at % 10]}" for at, line in enumerate(LINES[1:])),
    ]
)
REFUSED = {
    "--embeddings none.csv": ["none.csv: "],
    "--embeddings few.csv": ["few.csv: ", "a vector of each of the 30 linked nodes", "'4'"],
    "--embeddings v.csv --split none": ["--split: ", "'none'"],
    "--embeddings v.csv --split none --split-column part": ["--split-column: ", "--split"],
    "--embeddings v.csv --split-column part --parts all": ["--parts: ", "auto, or some of"],
    "--embeddings v.csv --name V": ["name: ", "'V'"],
}


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    for name, text in {"v.csv": VECTORS, "few.csv": "node,x\n0,1\n1,2\n", "divided.csv": DIVIDED}.items():
        (tmp_path / name).write_text(text)


def test_vectors_are_published_without_an_evaluation(latentlink: Command, tmp_path: Path) -> None:
    """The output says why; a node that no link names is there, too."""
    code, out, err = latentlink("publish", "--embeddings", "v.csv", "--edges", "ring.csv")
    assert (code, err) == (0, "")
    assert "v: 31 nodes, 60 edges (0 duplicates merged, 0 self-loops dropped), vectors of 2 numbers" in out
    assert "there is no evaluation and no calibration" in out
    assert "AUC" not in out
    assert published(tmp_path, "v").mu == pytest.approx(Z)


def test_a_column_that_divides_the_edges_gives_metrics(latentlink: Command, tmp_path: Path) -> None:
    """On its parts; the output says on whose word."""
    options = ("--edges", "divided.csv", "--split-column", "part", "--name", "ring", "--no-activate")
    code, out, err = latentlink("publish", "--embeddings", "v.csv", *options)
    assert (code, err) == (0, "")
    assert "on 6 edges" in out
    assert "what their publisher states" in out
    assert "to serve it: latentlink activate" in out
    assert published(tmp_path).manifest.metrics.test.auc is not None


@pytest.mark.parametrize(("options", "named"), REFUSED.items(), ids=REFUSED)
def test_what_cannot_be_published_ends_with_one_message(
    latentlink: Command, tmp_path: Path, options: str, named: list[str]
) -> None:
    """Exit code 2, one line, and no model."""
    edges = "divided.csv" if "--split-column" in options else "ring.csv"
    code, _, err = latentlink("publish", "--edges", edges, *options.split())
    assert (code, err[:7], len(err.splitlines())) == (2, "error: ", 1)
    assert [text for text in named if text not in err] == []
    assert not list(tmp_path.glob("checkpoints/*/2*"))
