"""AE and VAE from the command line: train, reconstruct, sample, and what is refused."""

import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from latentlink.models.arrays import Float32
from tests.app.cli.conftest import RING, Command
from tests.command import run_command
from tests.support import serving


def _features() -> Float32:
    """Three binary columns and two of numbers, by node."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.random((30, 3)) < 0.4, rng.normal(size=(30, 2))], axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an ae, a vae and a gae."""
    folder = tmp_path_factory.mktemp("features")
    (folder / "ring.csv").write_text(RING)
    np.savez(folder / "nodes.npz", ids=np.arange(30).astype(np.str_), x=_features())
    given: list[object] = ["--features", "nodes.npz"]
    options_of: dict[str, list[object]] = {"ae": [*given, "--dim", 2], "vae": given, "gae": []}
    for model, options in options_of.items():
        named = ("--edges", "ring.csv", "--model", model, "--name", model, "--epochs", 3)
        code, out, err = run_command("train", *named, *options, folder=folder)
        assert (code, err) == (0, "")
        (folder / f"{model}.txt").write_text(out)
    return folder


@pytest.fixture
def latentlink(folder: Path) -> Command:
    """Run `latentlink` in that folder."""
    return partial(run_command, folder=folder)


def _read(path: Path) -> Float32:
    with np.load(path) as arrays:
        x: Float32 = arrays["x"]
        return x


@pytest.mark.parametrize("model", ["ae", "vae"])
def test_features_are_reconstructed(latentlink: Command, tmp_path: Path, model: str) -> None:
    """A row for each node; binary columns become probabilities."""
    code, out, _ = latentlink("reconstruct", model, "--out", tmp_path / "x.npz")
    assert (code, re.findall(r" (\d+) ", out)) == (0, ["30", "5"])
    assert _read(tmp_path / "x.npz").shape == (30, 5)
    probabilities = _read(tmp_path / "x.npz")[:, :3]
    assert ((probabilities > 0) & (probabilities < 1)).all()


def test_the_report_compares_with_a_pca(folder: Path) -> None:
    """Where there are more features than dimensions."""
    assert ["PCA " in (folder / f"{model}.txt").read_text() for model in ("ae", "vae", "gae")] == [True, False, False]


def test_known_cells_are_kept_on_request(latentlink: Command, folder: Path, tmp_path: Path) -> None:
    """`--missing-only` gives back what was given, in its units, by name, by version and by path."""
    [version] = (folder / "checkpoints/ae").glob("2*")
    for reference in ("ae", f"ae@{version.name}", version):
        assert latentlink("reconstruct", reference, "--missing-only", "--out", tmp_path / "x.npz").code == 0
        np.testing.assert_allclose(_read(tmp_path / "x.npz"), _features(), rtol=1e-6, atol=1e-6)  # float32


def test_known_whole_numbers_are_kept_to_the_digit(tmp_path: Path) -> None:
    """`--missing-only` changes no digit of a number of eight, in text."""
    (tmp_path / "ring.csv").write_text(RING)
    given = [f"{node},{41939071 + 37 * node}" for node in range(30)]
    (tmp_path / "nodes.csv").write_text("\n".join(["node,votes", *given, ""]))
    options = ("--edges", "ring.csv", "--features", "nodes.csv", "--model", "ae", "--epochs", 2)
    assert run_command("train", *options, folder=tmp_path).code == 0
    assert run_command("reconstruct", "ring", "--missing-only", "--out", "x.csv", folder=tmp_path).code == 0
    assert (tmp_path / "x.csv").read_text().split() == ["node,votes", *(f"{line}.0" for line in given)]


def test_samples_repeat_with_their_seed(latentlink: Command, tmp_path: Path) -> None:
    """So many rows, ones and zeros where the data have them; another seed gives others."""
    drawn = []
    for number, seed in enumerate((3, 3, 4)):
        path = tmp_path / f"{number}.npz"
        assert latentlink("sample", "vae", "--n", 50, "--seed", seed, "--out", path).code == 0
        drawn.append(_read(path))
    assert drawn[0].shape == (50, 5)
    assert set(np.unique(drawn[0][:, :3])) == {0, 1}
    assert (drawn[0] == drawn[1]).all()
    assert (drawn[0] != drawn[2]).any()


def test_a_vae_is_served_as_any_other(folder: Path) -> None:
    """Embeddings, scores, and metrics with the reconstruction beside its baselines."""
    with serving(folder / "checkpoints") as client:
        described = client.get("/v1/models/vae").json()
        embedding = client.get("/v1/models/vae/embedding", params={"node": "7"}).json()["embedding"]
        score = client.get("/v1/models/vae/score", params={"source": "7", "target": "8"})
    assert (described["model"], len(embedding), score.status_code) == ("vae", 16, 200)
    assert described["metrics"]["reconstruction"].keys() == {"model", "column_means"}  # 5 features, d = 16
    assert described["metrics"]["test"]["reconstruction"]


REFUSED = {
    "sample ae --out x.csv": ["ae: ", " vae"],
    "sample gae --out x.csv": ["gae: ", " ae or vae"],
    "reconstruct gae --out x.csv": ["gae: ", " ae or vae"],
    "reconstruct none --out x.csv": ["model: ", " ae, gae, vae ", "'none'"],
    "reconstruct ae@1 --out x.csv": ["version of ae: ", "'1'"],
    "reconstruct ae --out x.txt": ["--out: ", " .csv, .parquet, .npz"],
    "reconstruct ./none --out x.csv": ["none/manifest.json: "],
}


@pytest.mark.parametrize(("command", "named"), REFUSED.items(), ids=REFUSED)
def test_what_can_t_be_done_ends_with_one_message(
    latentlink: Command, folder: Path, command: str, named: list[str]
) -> None:
    """Exit code 2, one line that names the model, the version, the file or the option, and no file written."""
    code, _, err = latentlink(*command.split())
    assert (code, err[:7], len(err.splitlines())) == (2, "error: ", 1)
    assert [text for text in named if text not in err] == []
    assert not list(folder.glob("*x.*"))
