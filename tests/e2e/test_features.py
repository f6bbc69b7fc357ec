"""AE and VAE from the command line: train, reconstruct, sample, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.test_command_line import RING, Command, latentlink
from tests.support import serving

__all__ = ["latentlink"]  # the fixture


def _write(folder: Path, *, missing: bool = False) -> np.ndarray:
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.random((30, 3)) < 0.4, rng.normal(size=(30, 2))], axis=1).astype(np.float32)
    if missing:
        x[::5, 1] = np.nan
    (folder / "edges.csv").write_text(RING)
    np.savez(folder / "nodes.npz", ids=np.arange(30).astype(np.str_), x=x)
    return x


def _train(latentlink: Command, model: str, *options: str) -> str:
    code, out, err = latentlink(
        "train",
        "--edges",
        "edges.csv",
        "--features",
        "nodes.npz",
        "--model",
        model,
        "--name",
        model,
        "--epochs",
        3,
        *options,
    )
    assert (code, err) == (0, "")
    return out


def _read(path: Path) -> np.ndarray:
    with np.load(path) as arrays:
        x: np.ndarray = arrays["x"]
        return x


@pytest.mark.parametrize("model", ["ae", "vae"])
def test_features_are_trained_and_reconstructed(latentlink: Command, tmp_path: Path, model: str) -> None:
    """The summary compares with a PCA and says what the model is not; binary columns become probabilities."""
    _write(tmp_path)
    out = _train(latentlink, model, "--dim", "2")
    assert "refit on all rows" in out
    assert "PCA " in out
    assert f"{model} models features, not links" in out
    code, out, _ = latentlink("reconstruct", model, "--out", "x.npz")
    assert (code, out) == (0, "wrote  x.npz: 30 nodes × 5 features\n")
    probabilities = _read(tmp_path / "x.npz")[:, :3]
    assert ((probabilities > 0) & (probabilities < 1)).all()


def test_known_cells_are_kept_on_request(latentlink: Command, tmp_path: Path) -> None:
    """`--missing-only` gives back what was given, in its units, by name, by version and by path."""
    x = _write(tmp_path)
    _train(latentlink, "ae")
    [version] = (tmp_path / "checkpoints/ae").glob("2*")
    for reference in ("ae", f"ae@{version.name}", version):
        assert latentlink("reconstruct", reference, "--missing-only", "--out", "x.npz").code == 0
        np.testing.assert_allclose(_read(tmp_path / "x.npz"), x, rtol=1e-6, atol=1e-6)  # float32, there and back


def test_known_whole_numbers_are_kept_to_the_digit(latentlink: Command, tmp_path: Path) -> None:
    """`--missing-only` changes no digit of a number of eight, in text."""
    (tmp_path / "edges.csv").write_text(RING)
    given = [f"{node},{41939071 + 37 * node}" for node in range(30)]
    (tmp_path / "nodes.csv").write_text("\n".join(["node,votes", *given, ""]))
    options = ("--model", "ae", "--name", "ae", "--epochs", 2)
    assert latentlink("train", "--edges", "edges.csv", "--features", "nodes.csv", *options).code == 0
    assert latentlink("reconstruct", "ae", "--missing-only", "--out", "x.csv").code == 0
    assert (tmp_path / "x.csv").read_text().split() == ["node,votes", *(f"{line}.0" for line in given)]


def test_samples_repeat_with_their_seed(latentlink: Command, tmp_path: Path) -> None:
    """So many rows, ones and zeros where the data have them; another seed gives others."""
    _write(tmp_path)
    _train(latentlink, "vae")
    drawn = []
    for number, seed in enumerate((3, 3, 4)):
        assert latentlink("sample", "vae", "--n", 50, "--seed", seed, "--out", f"{number}.npz").code == 0
        drawn.append(_read(tmp_path / f"{number}.npz"))
    assert drawn[0].shape == (50, 5)
    assert set(np.unique(drawn[0][:, :3])) == {0, 1}
    assert (drawn[0] == drawn[1]).all()
    assert (drawn[0] != drawn[2]).any()


def test_the_service_serves_a_vae_as_any_other(latentlink: Command, tmp_path: Path) -> None:
    """Embeddings, scores, and metrics with the reconstruction beside its baselines."""
    _write(tmp_path)
    _train(latentlink, "vae")
    with serving(tmp_path / "checkpoints") as client:
        described = client.get("/v1/models/vae").json()
        embedding = client.get("/v1/models/vae/embedding", params={"node": "7"}).json()["embedding"]
        score = client.get("/v1/models/vae/score", params={"source": "7", "target": "8"})
    assert (described["model"], len(embedding), score.status_code) == ("vae", 16, 200)
    assert described["metrics"]["reconstruction"].keys() == {"model", "column_means"}  # 5 features, d = 16
    assert json.dumps(described["metrics"]["test"]["reconstruction"])


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["sample", "ae", "--out", "x.csv"], "expected a vae, whose prior N(0, I) rows are drawn from, found an ae"),
        (["sample", "gae", "--out", "x.csv"], "expected an ae or vae, which decode features, found a gae"),
        (["reconstruct", "gae", "--out", "x.csv"], "expected an ae or vae, which decode features, found a gae"),
        (["reconstruct", "none", "--out", "x.csv"], "model: expected one of ae, gae in checkpoints, found 'none'"),
        (["reconstruct", "ae@1", "--out", "x.csv"], "version of ae: expected one of 2"),
        (["reconstruct", "ae", "--out", "x.txt"], "--out: expected a file that ends with .csv, .parquet, .npz"),
        (["reconstruct", "./none", "--out", "x.csv"], "manifest.json: expected a readable file of a checkpoint"),
    ],
)
def test_what_can_t_be_done_ends_with_one_message(
    latentlink: Command, tmp_path: Path, command: list[str], message: str
) -> None:
    """Exit code 2, one line, no file."""
    _write(tmp_path)
    _train(latentlink, "ae")
    latentlink("train", "--edges", "edges.csv", "--model", "gae", "--name", "gae", "--epochs", 2)
    code, _, err = latentlink(*command)
    assert (code, message in err, len(err.splitlines())) == (2, True, 1)
    assert not list(tmp_path.glob("*x.*"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "ae", "--encoder", "gcn"], "--encoder: expected mlp for ae, found 'gcn'"),
        (
            ["--model", "vgae", "--encoder", "mlp"],
            "--encoder: expected normalized, linear or gcn for vgae, found 'mlp'",
        ),
        (["--model", "vae"], "features: expected some for a model of features (vae), found none; add --features"),
    ],
)
def test_contradictions_end_with_one_message(
    latentlink: Command, tmp_path: Path, options: list[str], message: str
) -> None:
    """An encoder that doesn't fit its model, and a model of features without any."""
    _write(tmp_path)
    code, _, err = latentlink("train", "--edges", "edges.csv", *options)
    assert (code, message in err, len(err.splitlines())) == (2, True, 1)
