"""`--require` and `--no-activate`: what is published is served only if it is good enough."""

import json
import re
from pathlib import Path

import pytest

from latentlink.app.cli.training.requirements import read_requirements
from latentlink.models.errors import DataError
from latentlink.models.facts.metrics import LinkMetrics, Metrics
from tests.app.cli.conftest import Command, published

TRAIN = ("train", "--edges", "ring.csv", "--epochs", 2, "--dim", 4)
METRICS = Metrics(test=LinkMetrics(ap=0.75, mrr=None), baselines={"adamic_adar": LinkMetrics(ap=0.75)})


def _missed(word: str, metrics: Metrics = METRICS) -> str | None:
    [requirement] = read_requirements([word])
    return requirement.missed(metrics)


@pytest.mark.parametrize("word", ["ap=0.75", "ap=.5", "ap=1e-3", "beats-heuristics"])
def test_a_requirement_is_met_by_as_much(word: str) -> None:
    """The number itself is enough, and so is the AP of the best heuristic."""
    assert _missed(word) is None


def test_a_missed_requirement_says_by_how_much() -> None:
    """Expected and found; a metric that was not measured, as of links with relations some are, is missed beside the others."""
    assert re.findall(r"[\d.]+", _missed("ap=0.7501") or "") == ["0.7501", "0.75"]
    assert _missed("mrr=0") == "mrr: expected at least 0, found no value, but of ap"
    assert "no value" in (_missed("hits@10=0.1") or "")


def test_a_heuristic_that_is_ahead_is_named_with_both_values() -> None:
    """On each metric, also where it is ahead on the ranking alone."""
    better = {"adamic_adar": LinkMetrics(ap=0.76, full_mrr=0.1), "spectral": LinkMetrics(ap=0.5, full_mrr=0.2)}
    metrics = Metrics(test=LinkMetrics(ap=0.75, full_mrr=0.15), baselines=better)
    missed = _missed("beats-heuristics", metrics) or ""
    assert missed.endswith("AP 0.75 beside adamic adar 0.76; full MRR 0.15 beside spectral 0.2")


@pytest.mark.parametrize("word", ["", "ap", "ap=", "ap=nan", "ap=-1", "ap=2", "apx=0.5", "reconstruction=1", "beats"])
def test_a_word_that_is_no_requirement_is_refused(word: str) -> None:
    """With all that are known; an error is better when it is small, and can't be required at least."""
    with pytest.raises(DataError, match=r"recall@20, ndcg@20, direction, bidirectional, or beats-heuristics, found"):
        read_requirements([word])


def test_a_bad_requirement_is_found_before_the_data_is_read(latentlink: Command) -> None:
    """Not after an hour of training."""
    code, _, err = latentlink("train", "--edges", "none.csv", "--require", "ap=90")
    assert (code, err.startswith("error: --require: "), "'ap=90'" in err) == (2, True, True)


def test_what_misses_is_published_and_not_served(latentlink: Command, tmp_path: Path) -> None:
    """Exit code 3, each missed requirement, and the command that serves it all the same; that works."""
    served = latentlink(*TRAIN).out.split()[-1]
    code, out, err = latentlink(*TRAIN, "--require", "ap=0.1", "--require", "ap=1", "--require", "auc=0.999")
    path = out.split()[-1]
    [command] = re.findall(r"latentlink (activate .*)", err)
    assert (code, len(err.splitlines()), "ap: expected at least 1," in err, "auc: " in err) == (3, 1, True, True)
    current = tmp_path / "checkpoints/ring/CURRENT"
    assert current.read_text().strip() == Path(served).name != Path(path).name
    assert published(tmp_path).path.name == Path(path).name
    assert latentlink(*command.split()).code == 0
    assert current.read_text().strip() == Path(path).name


def test_what_meets_its_requirements_is_served(latentlink: Command, tmp_path: Path) -> None:
    """They may stand in a file of options, one or several."""
    (tmp_path / "run.toml").write_text('require = ["ap=0.1", "auc=0.1"]\n')
    code, out, _ = latentlink(*TRAIN, "--config", "run.toml", "--json")
    result = json.loads(out.splitlines()[-1])
    assert (code, result["activated"], result["missed"]) == (0, True, [])
    (tmp_path / "run.toml").write_text('require = "ap=1"\n')
    assert latentlink(*TRAIN, "--config", "run.toml").code == 3


def test_a_version_is_published_alone_on_request(latentlink: Command, tmp_path: Path) -> None:
    """Exit code 0; a model that has no current version is not served."""
    code, out, err = latentlink(*TRAIN, "--no-activate", "--json")
    result = json.loads(out.splitlines()[-1])
    assert (code, result["activated"], result["missed"], "latentlink activate ring" in err) == (0, False, [], True)
    assert not (tmp_path / "checkpoints/ring/CURRENT").exists()
    assert published(tmp_path).manifest.version == result["version"]


@pytest.mark.parametrize("line", ["no-activate = true", "activate = false"])
def test_a_file_of_options_may_leave_the_model_inactive(latentlink: Command, tmp_path: Path, line: str) -> None:
    """In either form of the flag."""
    (tmp_path / "run.toml").write_text(f"{line}\n")
    assert latentlink(*TRAIN, "--config", "run.toml").code == 0
    assert not (tmp_path / "checkpoints/ring/CURRENT").exists()
