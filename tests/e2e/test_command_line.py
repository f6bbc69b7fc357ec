"""The command line in this process: messages, exit codes and files."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from latentlink.app.cli import main
from latentlink.app.cli.report import summary
from latentlink.models import sources
from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.checkpoint.store import current_version
from latentlink.models.config import TrainingConfig
from latentlink.models.sources import load_graph
from latentlink.models.training.fit import Epoch
from latentlink.models.training.protocol import train
from latentlink.models.training.resume import FileSaver, facts_of
from tests.e2e.service import LATENTLINK
from tests.models.checkpoint.helpers import publish_small

RING = "source,target\n" + "".join(f"{i},{(i + s) % 30}\n" for i in range(30) for s in (1, 4))


class Outcome(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Outcome]


@pytest.fixture
def latentlink(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Command]:
    """Run `latentlink` with the given arguments in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", os.environ.copy())  # `serve` writes to it for its workers
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["latentlink", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return Outcome(int(ended.value.code or 0), *capsys.readouterr())

    before = signal.getsignal(signal.SIGTERM)
    yield run
    signal.signal(signal.SIGTERM, before)


BAD_EDGES = {
    "missing column": ("from,to\na,b\n", "line 1: header: expected a column 'source', found 'from', 'to'"),
    "ragged row": ("source,target\na,b\na,b,c\n", "line 3: row: expected 2 fields like the first row, found 3"),
    "NaN": ("source,target,weight\na,b,nan\n", "line 2: weight: expected a finite number > 0, found 'nan'"),
    "empty graph": ("source,target\na,a\n", "at least one edge between two different nodes"),
    "no rows": ("source,target\n", "expected rows below the header, found none"),
    "too small": (
        "source,target\na,b\nb,c\n",
        "at least 10 edges to split into training, validation and test, found 2",
    ),
}


@pytest.mark.parametrize("case", BAD_EDGES)
def test_bad_edges_end_with_one_message(latentlink: Command, tmp_path: Path, case: str) -> None:
    """Exit code 2, one line that names what was expected, no traceback, no checkpoint."""
    content, message = BAD_EDGES[case]
    (tmp_path / "edges.csv").write_text(content)
    code, _, err = latentlink("train", "--edges", "edges.csv")
    assert code == 2
    assert message in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.glob("checkpoints/*/[!.]*"))


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ("node,x\n0,1\n", "expected nodes with a row of features, found 29 without: '1', '4', '2', '5', '3', ..."),
        ("node,x\n0,inf\n", "line 2: x: expected a finite number, found 'inf'"),
        ("id,x\n0,1\n", "line 1: header: expected a column 'node', found 'id', 'x'"),
    ],
)
def test_bad_features_end_with_one_message(latentlink: Command, tmp_path: Path, features: str, message: str) -> None:
    """A linked node without a row, infinity, a table without `node`."""
    (tmp_path / "edges.csv").write_text(RING)
    (tmp_path / "features.csv").write_text(features)
    code, _, err = latentlink("train", "--edges", "edges.csv", "--features", "features.csv")
    assert (code, message in err, len(err.splitlines())) == (2, True, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "expected --edges FILE, --sql QUERY or --dataset NAME, found none"),
        (["--dataset", "movie"], "expected 'karate', 'movies' or 'planetoid:<Name>', found 'movie'"),
        (["--dataset", "planetoid:Cora"], "--root: expected the folder"),
        (["--edges", "edges.csv", "--dim", "0"], "--dim: expected a number of at least 1, found 0"),
        (["--edges", "edges.csv", "--learning-rate", "-1"], "--learning-rate: expected a number above 0"),
        (["--edges", "edges.csv", "--weight-decay", "1"], "--weight-decay: expected 0 for normalized"),
        (["--edges", "edges.csv", "--model", "gan"], "--model: expected 'ae', 'vae', 'gae' or 'vgae', found 'gan'"),
        (["--edges", "edges.csv", "--name", "Bad Name"], "name: expected 1–64 of a–z"),
        (["--edges", "edges.csv", "--config", "none.toml"], "none.toml: expected a readable TOML file"),
    ],
)
def test_bad_options_end_with_one_message(
    latentlink: Command, tmp_path: Path, options: list[str], message: str
) -> None:
    """The message names the option, what was expected and what was found."""
    (tmp_path / "edges.csv").write_text(RING)
    code, _, err = latentlink("train", *options)
    assert (code, message in err, len(err.splitlines())) == (2, True, 1)


def test_training_tells_what_it_read_and_found(latentlink: Command, tmp_path: Path) -> None:
    """Counts of the data, the selected epoch, the metrics and the path, on standard output."""
    (tmp_path / "ring.csv").write_text(RING + "0,1\n1,0\n7,7\n")
    code, out, err = latentlink("train", "--edges", "ring.csv", "--epochs", 3, "--model", "gae")
    assert (code, err) == (0, "")
    assert "ring: 30 nodes, 60 edges (2 duplicates merged, 1 self-loop dropped)" in out
    assert "training gae (normalized, d = 256) on 1 thread" in out
    assert open_checkpoint(tmp_path / out.split()[-1]).manifest.name == "ring"


def test_a_query_trains_a_model_called_sql(latentlink: Command, tmp_path: Path) -> None:
    """`--sql` alone is enough, and files stand in it by name."""
    (tmp_path / "ring.csv").write_text(RING)
    outcome = latentlink("train", "--sql", "FROM 'ring.csv' WHERE source < 29", "--epochs", 1)
    assert (outcome.code, "sql: 30 nodes, 58 edges" in outcome.out) == (0, True)
    assert (tmp_path / "checkpoints" / "sql").is_dir()


def test_a_packed_file_names_the_model_like_a_plain_one(latentlink: Command, tmp_path: Path) -> None:
    """`Ring.csv.gz` makes the model "ring"."""
    (tmp_path / "Ring.csv.gz").write_bytes(gzip.compress(RING.encode()))
    assert "\npublished  checkpoints/ring/" in latentlink("train", "--edges", "Ring.csv.gz", "--epochs", 1).out


def test_what_a_graph_file_loses_is_warned_of_before_training(latentlink: Command, tmp_path: Path) -> None:
    """Directions that nobody will predict are told on the error stream, and with the metrics."""
    links = "".join(f"edge [ source {i} target {(i + s) % 30} ]\n" for i in range(30) for s in (1, 4))
    (tmp_path / "g.gml").write_text(
        "graph [ directed 1\n" + "".join(f"node [ id {i} ]\n" for i in range(30)) + links + "]"
    )
    _, out, err = latentlink("train", "--edges", "g.gml", "--epochs", 1)
    assert err == "warning: The file's links are directed; they are read as undirected, so no direction is predicted.\n"
    assert "\nnote       The file's links are directed;" in out


def test_with_json_standard_output_is_json_lines(latentlink: Command, tmp_path: Path) -> None:
    """Every epoch of the fit and of the refit, with the curve that the manifest keeps; the text is on standard error."""
    (tmp_path / "ring.csv").write_text(RING)
    code, out, err = latentlink("train", "--edges", "ring.csv", "--epochs", 6, "--dim", 4, "--json")
    *epochs, result = map(json.loads, out.splitlines())
    manifest = open_checkpoint(tmp_path / result["path"]).manifest
    fit, refit = epochs[:6], epochs[6:]
    assert (code, [e["epoch"] for e in refit]) == (0, list(range(1, result["epoch"] + 1)))
    assert [e["loss"] for e in fit] == manifest.training["curve"]["loss"]
    assert [e["validation"] and e["validation"]["auc"] for e in fit] == manifest.training["curve"]["validation_auc"]
    assert [e["phase"] for e in epochs] == ["fit with node rows"] * 6 + ["refit"] * len(refit)
    assert "ring: 30 nodes" in err
    assert "published" in err


def test_the_last_line_of_json_is_the_result(latentlink: Command, tmp_path: Path) -> None:
    """Name, version, path and metrics of what was published, as the manifest has them; a file can ask for it."""
    (tmp_path / "ring.csv").write_text(RING)
    (tmp_path / "run.toml").write_text("json = true\n")
    result = json.loads(
        latentlink("train", "--edges", "ring.csv", "--epochs", 2, "--config", "run.toml").out.splitlines()[-1]
    )
    manifest = open_checkpoint(tmp_path / result["path"]).manifest
    assert (result["name"], result["version"]) == ("ring", manifest.version)
    assert result["metrics"] == json.loads((tmp_path / result["path"] / "manifest.json").read_text())["metrics"]


@pytest.mark.parametrize("asked", [[], ["--weight-decay", 0.1]])
def test_rows_of_nodes_do_not_decay_and_the_checkpoint_says_so(
    latentlink: Command, tmp_path: Path, asked: list[object]
) -> None:
    """Without features the config that is kept has no weight decay, and who asked for one is warned."""
    (tmp_path / "ring.csv").write_text(RING)
    code, _, err = latentlink("train", "--edges", "ring.csv", "--encoder", "gcn", "--epochs", 2, *asked)
    assert (code, "warning: --weight-decay: expected features, found none" in err) == (0, bool(asked))
    assert open_checkpoint(next(tmp_path.glob("checkpoints/ring/2*"))).manifest.config["weight_decay"] == 0


@pytest.mark.parametrize("links", [[(0, leaf) for leaf in range(1, 13)], list(combinations(range(7), 2))[4:]])
def test_graphs_without_room_for_hard_negatives_are_trained(
    latentlink: Command, tmp_path: Path, links: list[tuple[int, int]]
) -> None:
    """A star, and a graph where nearly all are linked: an end of each test edge is linked to everyone, so MRR is left out."""
    (tmp_path / "edges.csv").write_text("source,target\n" + "".join(f"{a},{b}\n" for a, b in links))
    code, out, _ = latentlink("train", "--edges", "edges.csv", "--epochs", 2, "--encoder", "gcn", "--json")
    assert (code, json.loads(out.splitlines()[-1])["metrics"]["test"]["mrr"]) == (0, None)


def test_a_posterior_that_is_the_prior_is_told() -> None:
    """Where μ is 0 and σ 1 for all nodes, whoever trained the model reads that it says nothing; else not."""
    graph = load_graph(dataset="karate")
    config = TrainingConfig(encoder="gcn", epochs=60, refit=False)
    trained = train(graph, config)
    prior = replace(trained.embeddings, mu=np.zeros((34, 2), np.float32), logvar=np.zeros((34, 2), np.float32))
    told = "the posterior is 0.0000 nats per node from the prior"
    assert told in summary(graph, config, replace(trained, embeddings=prior))
    assert "the posterior is" not in summary(graph, config, trained)


def test_the_version_is_told(latentlink: Command) -> None:
    """That of the distribution."""
    assert latentlink("--version") == (0, f"{version('latentlink')}\n", "")


def test_a_config_file_stands_in_for_options(latentlink: Command, tmp_path: Path) -> None:
    """Options on the command line go before those in the file."""
    (tmp_path / "ring.csv").write_text(RING)
    (tmp_path / "run.toml").write_text('edges = "ring.csv"\nepochs = 2\nlearning-rate = 0.5\ndim = 8\nrefit = false\n')
    assert latentlink("train", "--config", "run.toml", "--dim", 4).code == 0
    config = open_checkpoint(next(tmp_path.glob("checkpoints/ring/2*"))).manifest.config
    assert [config[key] for key in ("epochs", "learning_rate", "dim", "refit")] == [2, 0.5, 4, False]


def test_a_node_table_goes_into_the_checkpoint_unless_told_otherwise(latentlink: Command, tmp_path: Path) -> None:
    """What becomes of its columns is told, and kept; `--no-store-features` keeps their number only."""
    (tmp_path / "ring.csv").write_text(RING)
    (tmp_path / "x.csv").write_text(
        "node,a,city,who\n" + "".join(f"{i},{i * i},{'xyz'[i % 3]},w{i}\n" for i in range(30))
    )
    options = ("train", "--edges", "ring.csv", "--features", "x.csv", "--epochs", 1, "--dim", 4)
    outcomes = latentlink(*options), latentlink(*options, "--no-store-features")
    kept, left = (open_checkpoint(tmp_path / outcome.out.split()[-1]) for outcome in outcomes)
    assert "0 self-loops dropped), 4 features" in outcomes[0].out
    assert outcomes[0].err == "warning: Columns of text, which are neither categories nor lists, are ignored: 'who'.\n"
    assert kept.preprocessing is not None
    assert kept.preprocessing.names == ("a", "city=x", "city=y", "city=z")
    assert np.asarray(kept.features).mean(axis=0) == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3], abs=1e-6)
    assert (left.features, left.preprocessing, left.manifest.counts.features) == (None, None, 4)


def test_a_missing_value_ends_with_one_message(latentlink: Command, tmp_path: Path) -> None:
    """A model of the graph takes no hole, and the message names those that do."""
    (tmp_path / "ring.csv").write_text(RING)
    (tmp_path / "x.csv").write_text("node,a\n" + "".join(f"{i},{i or ''}\n" for i in range(30)))
    code, _, err = latentlink("train", "--edges", "ring.csv", "--features", "x.csv")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "x.csv, line 2: a: expected a value, found none; fill it, or train with --model ae or --model vae" in err


def test_patience_ends_a_training_early(latentlink: Command, tmp_path: Path) -> None:
    """The option reaches the training: a curve of fewer epochs than were allowed, and the manifest tells both numbers."""
    (tmp_path / "ring.csv").write_text(RING)
    options = ("--epochs", 300, "--patience", 1, "--evaluate-every", 1, "--dim", 4)
    assert latentlink("train", "--edges", "ring.csv", *options).code == 0
    manifest = open_checkpoint(next(tmp_path.glob("checkpoints/ring/2*"))).manifest
    assert (manifest.config["patience"], manifest.config["epochs"]) == (1, 300)
    assert len(manifest.training["curve"]["loss"]) < 300


def test_an_unknown_key_in_a_config_file_is_refused(latentlink: Command, tmp_path: Path) -> None:
    """A typo does not train something else in silence."""
    (tmp_path / "run.toml").write_text("epoch = 2\n")
    code, _, err = latentlink("train", "--config", "run.toml")
    assert (code, "found 'epoch'" in err) == (2, True)


@pytest.mark.parametrize(("line", "refit"), [("no-refit = true", False), ("no_refit = false", True)])
def test_a_config_file_takes_the_other_form_of_a_flag(
    latentlink: Command, tmp_path: Path, line: str, refit: bool
) -> None:
    """`--no-refit` is spelled in a file as on the command line."""
    (tmp_path / "ring.csv").write_text(RING)
    (tmp_path / "run.toml").write_text(f"{line}\n")
    assert latentlink("train", "--edges", "ring.csv", "--epochs", 1, "--config", "run.toml").code == 0
    [path] = tmp_path.glob("checkpoints/ring/2*")
    assert open_checkpoint(path).manifest.config["refit"] is refit


def test_the_refusal_of_a_key_lists_the_other_forms(latentlink: Command, tmp_path: Path) -> None:
    """Both forms of a flag stand among the options that a file may hold."""
    (tmp_path / "run.toml").write_text("no-epochs = true\n")
    assert (
        "name, neighbor-sampling, no-header, no-refit, no-store-features, node-embeddings, patience, refit, resume, root"
        in latentlink("train", "--config", "run.toml").err
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("epochs = true", "epochs: expected a string or a number, found True"),
        ("epochs = [1, 2]", "epochs: expected a string or a number, found [1, 2]"),
        ("[name]\nfirst = 1", "name: expected a string or a number, found {'first': 1}"),
        ("header = 'yes'", "header: expected true or false, found 'yes'"),
        ("no-header = 1", "no-header: expected true or false, found 1"),
        (f"dim = {'[' * 5000}", "expected a readable TOML file"),
    ],
)
def test_a_value_of_another_kind_in_a_config_file_is_refused(
    latentlink: Command, tmp_path: Path, line: str, message: str
) -> None:
    """Nothing is made to fit: `epochs = true` doesn't train one epoch."""
    (tmp_path / "ring.csv").write_text(RING)
    (tmp_path / "run.toml").write_text(f"{line}\n")
    code, out, err = latentlink("train", "--edges", "ring.csv", "--config", "run.toml")
    assert (code, out, message in err, len(err.splitlines())) == (2, "", True, 1)


def test_a_bad_name_is_refused_before_the_data_is_read(latentlink: Command) -> None:
    """The wrong name comes before the missing file, and isn't printed as if it were right."""
    code, out, err = latentlink("train", "--edges", "none.csv", "--name", "two\nlines")
    assert (code, out, r"found 'two\nlines'" in err) == (2, "", True)


def test_notes_on_the_data_stand_below_the_metrics(
    latentlink: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number that flatters isn't printed alone."""
    (tmp_path / "ring.csv").write_text(RING)
    monkeypatch.setattr(sources, "load_graph", lambda **given: replace(load_graph(**given), notes=("Mind this.",)))
    out = latentlink("train", "--edges", "ring.csv", "--epochs", 1).out
    assert re.search(
        r"^test +AUC .*\nheuristic +AUC .*\n(warning .*\n)?note +Mind this\.\npublished", out, re.MULTILINE
    )


@pytest.mark.parametrize(("threads", "told"), [(1, "1 thread"), (3, "3 threads")])
def test_torch_gets_as_many_threads_as_are_told(
    latentlink: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int, told: str
) -> None:
    """What is printed is what torch is set to."""
    (tmp_path / "ring.csv").write_text(RING)
    given: list[int] = []
    monkeypatch.setattr("latentlink.app.cli.training_job.training_threads", lambda *_: threads)
    monkeypatch.setattr(torch, "set_num_threads", given.append)
    out = latentlink("train", "--edges", "ring.csv", "--epochs", 1).out
    assert (given, f"on {told}\n" in out) == ([threads], True)


def test_a_store_that_cannot_be_written_is_found_before_training(latentlink: Command, tmp_path: Path) -> None:
    """Hours of training are not lost to a missing permission."""
    (tmp_path / "ring.csv").write_text(RING)
    (tmp_path / "file").touch()
    code, out, err = latentlink("train", "--edges", "ring.csv", "--checkpoints", "file")
    assert (code, "expected a directory to write to" in err) == (2, True)
    assert "training" not in out


def test_a_training_that_leaked_publishes_nothing(
    latentlink: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line names the count, exit code 2, no checkpoint."""
    (tmp_path / "ring.csv").write_text(RING)
    sound = {"self_loops": 0, "heldout_in_encoder": 0}
    monkeypatch.setattr("latentlink.models.training.protocol.audit", lambda *_: {**sound, "heldout_in_encoder": 7})
    code, _, err = latentlink("train", "--edges", "ring.csv", "--epochs", 1)
    assert (code, "found heldout_in_encoder = 7;" in err, len(err.splitlines())) == (2, True, 1)
    assert not list(tmp_path.glob("checkpoints/ring/2*"))


def test_a_full_standard_output_is_told_of(tmp_path: Path) -> None:
    """One message on standard error and exit code 2, no traceback, not even from the exit of the interpreter."""
    publish_small(tmp_path / "checkpoints")
    [version] = (tmp_path / "checkpoints/small").glob("2*")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [LATENTLINK, "inspect", version], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (
        2,
        "error: standard output: expected room to write to, found a full disk\n",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--device", "gpu"], "--device: expected auto, cpu or cuda, found 'gpu'"),
        (["--log-dir", "ring.csv"], "--log-dir: expected a directory to write to, found ring.csv: Not a directory"),
    ],
)
def test_a_run_that_cannot_be_as_asked_is_refused(
    latentlink: Command, tmp_path: Path, options: list[str], message: str
) -> None:
    """Nothing is trained on another device, or without its log."""
    (tmp_path / "ring.csv").write_text(RING)
    code, _, err = latentlink("train", "--edges", "ring.csv", *options)
    assert (code, message in err, len(err.splitlines())) == (2, True, 1)
    assert not list(tmp_path.glob("checkpoints/ring/2*"))


def test_a_missing_package_of_training_is_named_with_its_extra(
    latentlink: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says what to install, before anything is trained."""
    (tmp_path / "ring.csv").write_text(RING)
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    code, _, err = latentlink("train", "--edges", "ring.csv", "--log-dir", "runs")
    message = "training: expected the package tensorboardX; install the extra `train`: pip install '.[train]'"
    assert (code, err) == (2, f"error: {message}\n")
    assert not list(tmp_path.glob("checkpoints/ring/2*"))


def test_umap_is_refused_before_training(latentlink: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--map umap` of earlier versions, in the command line or a config file, ends in one line before anything is trained."""
    (tmp_path / "ring.csv").write_text(RING)
    (tmp_path / "run.toml").write_text('map = "umap"\n')
    monkeypatch.setattr("latentlink.models.training.protocol.train", lambda *_: pytest.fail("it was trained"))
    for options in (("--map", "umap"), ("--config", "run.toml")):
        code, _, err = latentlink("train", "--edges", "ring.csv", *options)
        assert (code, "--map: expected pca, found 'umap'" in err, len(err.splitlines())) == (2, True, 1)


def test_the_manifest_tells_the_device(latentlink: Command, tmp_path: Path) -> None:
    """Where it was trained stands beside what, and is no part of the config."""
    (tmp_path / "ring.csv").write_text(RING)
    assert latentlink("train", "--edges", "ring.csv", "--epochs", 1, "--device", "cpu").code == 0
    manifest = open_checkpoint(next(tmp_path.glob("checkpoints/ring/2*"))).manifest
    assert (manifest.training["device"], "device" in manifest.config) == ("cpu", False)


def _left(monkeypatch: pytest.MonkeyPatch, way: str) -> TrainingConfig:
    """Leave as much memory as the ring's training takes that way; the config that it is then trained with."""
    config = TrainingConfig(dim=64, epochs=2, neighbor_sampling="off" if way == "off" else "on")
    monkeypatch.setattr(
        "latentlink.models.training.cost.training_bytes", lambda _, c: 2**31 if c.neighbor_sampling == "on" else 2**32
    )
    monkeypatch.setattr("latentlink.models.host.available_bytes", lambda: 2**32 if way == "off" else 2**31)
    return config


def test_a_training_that_does_not_fit_is_sampled_and_says_so(
    latentlink: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With both estimates; the manifest has what was decided, and the data what the other would have made of it."""
    (tmp_path / "ring.csv").write_text(RING)
    digests = set()
    for way in ("off", "on"):
        config = _left(monkeypatch, way)
        out = latentlink("train", "--edges", "ring.csv", "--dim", 64, "--epochs", 2).out
        assert ("on 1 thread, neighbor sampling: about 2.0 GiB, full batches 4.0 GiB\n" in out) == (way == "on")
        checkpoint = open_checkpoint(max(tmp_path.glob("checkpoints/ring/2*")))
        assert checkpoint.manifest.config == config.model_dump()
        digests.add(checkpoint.mu.tobytes())
    assert len(digests) == 2


def test_a_sampled_training_is_resumed_as_one_whatever_memory_there_is(
    latentlink: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was begun where all of it did not fit, and ends, where it does, with the bytes of one that was never interrupted."""
    (tmp_path / "ring.csv").write_text(RING)
    arguments = ("train", "--edges", "ring.csv", "--dim", 64, "--epochs", 2)
    config, graph = _left(monkeypatch, "on"), load_graph(edges=tmp_path / "ring.csv")
    latentlink(*arguments, "--name", "whole")
    (tmp_path / "checkpoints/ring").mkdir()
    facts = facts_of(graph, config, "cpu")
    saver = FileSaver(tmp_path / "checkpoints/ring", facts, resume=False, warn=print, interval=0)

    def killed(_: Epoch) -> None:
        if (tmp_path / "checkpoints/ring/.resume").exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(graph, config, killed, saver)
    _left(monkeypatch, "off")
    code, out, _ = latentlink(*arguments, "--resume")
    assert (code, "resuming a training" in out, ", neighbor sampling: " in out) == (0, True, True)
    whole, resumed = (open_checkpoint(next(tmp_path.glob(f"checkpoints/{name}/2*"))) for name in ("whole", "ring"))
    assert whole.mu.tobytes() == resumed.mu.tobytes()


def test_resuming_without_a_state_says_that_it_begins(latentlink: Command, tmp_path: Path) -> None:
    """One line, then an ordinary training, of which no state is left."""
    (tmp_path / "ring.csv").write_text(RING)
    code, out, err = latentlink("train", "--edges", "ring.csv", "--epochs", 1, "--resume")
    assert (code, err, "\nnothing to resume, beginning anew\ntraining " in out) == (0, "", True)
    assert not (tmp_path / "checkpoints/ring/.resume").exists()


def test_evaluate_prints_one_table(latentlink: Command, tmp_path: Path) -> None:
    """What it says of one seed is what the training with that seed found, for the model and each heuristic."""
    (tmp_path / "ring.csv").write_text(RING)
    path = Path(latentlink("train", "--edges", "ring.csv", "--epochs", 2, "--dim", 4).out.split()[-1])
    metrics = open_checkpoint(path).manifest.metrics
    code, out, err = latentlink("evaluate", "ring", "--seeds", 1)
    first, second, header, *rows, seconds = out.splitlines()
    assert (code, err, first) == (0, "", f"ring@{path.name}: 30 nodes, 60 edges, 0 features")
    assert second == "evaluating vgae (normalized, d = 4) on 1 thread, seeds 0–0"
    assert header.split() == ["test,", "percent", "AUC", "AP", "Hits@10", "Hits@50", "Hits@100", "MRR"]
    baselines: Any = metrics["baselines"]
    for row, (name, scores) in zip(rows, {"vgae": metrics["test"], **baselines}.items(), strict=True):
        auc, ap, mrr = (f"{100 * scores[metric]:.1f} ± 0.0" for metric in ("auc", "ap", "mrr"))
        assert re.split(r" {2,}", row) == [name.replace("_", " "), auc, ap, "–", "–", "–", mrr]
    assert re.fullmatch(r"seconds per seed +\d+\.\d ± 0\.0", seconds)
    assert not list(tmp_path.glob("checkpoints/ring/*/.resume"))
    assert len(list(tmp_path.glob("checkpoints/ring/2*"))) == 1


def test_evaluate_answers_programs(latentlink: Command, tmp_path: Path) -> None:
    """One line of JSON with mean and deviation in 0–1 and each seed's own; the text is on standard error."""
    (tmp_path / "ring.csv").write_text(RING)
    path = latentlink("train", "--edges", "ring.csv", "--epochs", 2, "--dim", 4).out.split()[-1]
    code, out, err = latentlink("evaluate", path, "--seeds", 2, "--json")
    result = json.loads(out)
    aucs = [one["test"]["model"]["auc"] for one in result["seeds"]]
    assert (code, len(out.splitlines()), "evaluating vgae" in err) == (0, 1, True)
    assert (result["name"], result["version"]) == ("ring", Path(path).name)
    assert result["test"]["model"]["auc"] == {"mean": np.mean(aucs), "deviation": np.std(aucs)}
    assert result["test"]["model"]["hits@100"] is None
    assert [one["seed"] for one in result["seeds"]] == [0, 1]
    assert result["seconds"]["mean"] > 0


def test_evaluate_without_the_features_says_what_to_do(latentlink: Command, tmp_path: Path) -> None:
    """Exit code 2 and one line before anything is trained."""
    (tmp_path / "ring.csv").write_text(RING)
    (tmp_path / "x.csv").write_text("node,a\n" + "".join(f"{i},{i * i}\n" for i in range(30)))
    latentlink("train", "--edges", "ring.csv", "--features", "x.csv", "--epochs", 1, "--no-store-features")
    code, out, err = latentlink("evaluate", "ring")
    assert (code, out, "train again without --no-store-features" in err, len(err.splitlines())) == (2, "", True, 1)


def test_an_operator_activates_and_prunes(latentlink: Command, tmp_path: Path) -> None:
    """An old version is served again, and the others are deleted."""
    paths = [publish_small(tmp_path / "checkpoints") for _ in range(3)]
    assert latentlink("activate", "small", paths[0].name).out == f"current  small@{paths[0].name}\n"
    assert latentlink("prune", "small", "--keep", 1).out == f"deleted  small@{paths[1].name}\n"
    assert latentlink("prune", "small", "--keep", 1).out == "nothing to delete\n"
    assert [path.exists() for path in paths] == [True, False, True]


def test_install_serves_a_foreign_checkpoint(latentlink: Command, tmp_path: Path) -> None:
    """The copy is current; a second time is refused."""
    source = publish_small(tmp_path / "elsewhere")
    assert latentlink("install", source).code == 0
    assert current_version(tmp_path / "checkpoints" / "small") == source.name
    again = latentlink("install", source)
    assert (again.code, "installed already" in again.err) == (2, True)


def test_unsafe_keys_end_with_one_message(latentlink: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service does not start with a key that opens nothing, names the setting and repeats no key."""
    monkeypatch.setenv("LATENTLINK_API_KEYS", "good-key\nbad key")
    outcome = latentlink("serve")
    assert outcome.code == 2
    assert outcome.err.startswith("error: LATENTLINK_API_KEYS, line 2: expected a key")
    assert "bad key" not in outcome.err


def test_settings_out_of_range_are_named(latentlink: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's variable, what was expected and what was found."""
    monkeypatch.setenv("LATENTLINK_MAX_PAIRS", "0")
    code, _, err = latentlink("serve", "--port", "70000")
    assert code == 2
    assert "LATENTLINK_PORT: expected a number of at most 65535, found '70000'" in err
    assert "LATENTLINK_MAX_PAIRS: expected a number of at least 1, found '0'" in err


@pytest.mark.parametrize("command", ["train", "evaluate", "serve", "inspect", "activate", "prune", "install"])
def test_every_command_explains_itself(latentlink: Command, command: str) -> None:
    """`--help` lists the options, each with a sentence."""
    code, out, _ = latentlink(command, "--help")
    assert code == 0
    assert f"latentlink {command}" in out


@pytest.mark.parametrize("spelled", ["small", "small@{version}", "checkpoints/small/{version}"])
def test_a_model_is_inspected_by_name_or_path(latentlink: Command, tmp_path: Path, spelled: str) -> None:
    """The current version, another, or a directory."""
    version = publish_small(tmp_path / "checkpoints").name
    outcome = latentlink("inspect", spelled.format(version=version))
    assert (outcome.code, outcome.out.splitlines()[0]) == (0, f"small@{version}: intact, 5 files verified")


def test_a_training_that_fails_leaves_no_model_behind(latentlink: Command, tmp_path: Path) -> None:
    """Not even an empty directory, unless the model was there before."""
    Path("ring.csv").write_text(RING, encoding="utf-8")
    train = ("train", "--edges", "ring.csv", "--device", "gpu")
    assert latentlink(*train).code == 2
    assert not list((tmp_path / "checkpoints").iterdir())
    publish_small(tmp_path / "checkpoints", "ring")
    assert latentlink(*train).code == 2
    assert current_version(tmp_path / "checkpoints/ring")
