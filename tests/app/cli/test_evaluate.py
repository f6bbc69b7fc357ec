"""`latentlink evaluate`: metrics of a checkpoint's settings over seeds."""

import json
import re
from pathlib import Path

import numpy as np

from tests.app.cli.conftest import Command, published


def test_one_seed_gives_the_metrics_of_the_training(latentlink: Command, tmp_path: Path) -> None:
    """A row for the model and each heuristic, in percent; nothing is published, and no state to resume is left."""
    latentlink("train", "--edges", "ring.csv", "--epochs", 2, "--dim", 4)
    manifest = json.loads((published(tmp_path).path / "manifest.json").read_text())
    metrics = manifest["metrics"]
    code, out, err = latentlink("evaluate", "ring", "--seeds", 1)
    first, _, header, *rows, seconds = out.splitlines()
    assert (code, err, first.split(":")[0]) == (0, "", f"ring@{manifest['version']}")
    columns = ["auc", "ap", "hits@10", "hits@50", "hits@100", "mrr", "full_mrr", "full_hits@10"]
    assert [name.lower().replace(" ", "_") for name in re.split(r" {2,}", header)[1:]] == columns
    for row, (name, scores) in zip(rows, {"vgae": metrics["test"], **metrics["baselines"]}.items(), strict=True):
        shown = ["–" if scores[column] is None else f"{100 * scores[column]:.1f} ± 0.0" for column in columns]
        assert re.split(r" {2,}", row) == [name.replace("_", " "), *shown]
    assert re.fullmatch(r".* \d+\.\d ± 0\.0", seconds)
    assert len(list(tmp_path.glob("checkpoints/ring/2*"))) == 1
    assert not list(tmp_path.glob("checkpoints/ring/**/.resume"))


def test_json_has_the_spread_and_every_seed(latentlink: Command) -> None:
    """One line with mean and deviation in 0–1; a metric that can't be computed is null; the text is on standard error."""
    path = latentlink("train", "--edges", "ring.csv", "--epochs", 2, "--dim", 4).out.split()[-1]
    code, out, err = latentlink("evaluate", path, "--seeds", 2, "--json")
    result = json.loads(out)
    aucs = [one["test"]["model"]["auc"] for one in result["seeds"]]
    assert (code, len(out.splitlines()), len(err.splitlines())) == (0, 1, 2)
    assert (result["name"], result["version"]) == ("ring", Path(path).name)
    assert result["test"]["model"]["auc"] == {"mean": np.mean(aucs), "deviation": np.std(aucs)}
    assert result["test"]["model"]["hits@100"] is None
    assert [one["seed"] for one in result["seeds"]] == [0, 1]
    first, second = (one["coverage"] for one in result["seeds"])
    assert (first, result["interval_coverage"]) == (None, {"mean": second, "deviation": 0})
    assert result["seconds"]["mean"] > 0


def test_a_checkpoint_without_its_features_is_refused(latentlink: Command, tmp_path: Path) -> None:
    """Exit code 2 and one line, which names the option to train without, before anything is trained."""
    (tmp_path / "x.csv").write_text("node,a\n" + "".join(f"{i},{i * i}\n" for i in range(30)))
    latentlink("train", "--edges", "ring.csv", "--features", "x.csv", "--epochs", 1, "--dim", 4, "--no-store-features")
    code, out, err = latentlink("evaluate", "ring")
    assert (code, out, "--no-store-features" in err, len(err.splitlines())) == (2, "", True, 1)
