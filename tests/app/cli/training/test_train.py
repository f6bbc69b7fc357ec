"""`latentlink train`: from options and files to a published checkpoint, or to one message."""

import gzip
import json
import re
import sys
from contextlib import nullcontext
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch

from latentlink.app.errors import InvalidRequestError
from latentlink.app.services.new_nodes import Cell, encode
from latentlink.models.checkpoint.store import current_version
from latentlink.models.config import TrainingConfig
from latentlink.models.facts.training import SplitAudit
from latentlink.models.sources import load_graph
from latentlink.models.training.fit import Epoch
from latentlink.models.training.planning import cost, plan
from latentlink.models.training.protocol import train
from latentlink.models.training.resume import FileSaver, facts_of
from tests.app.cli.conftest import RING, Command, published
from tests.models.checkpoint.helpers import publish_small

FILES = {
    "header.csv": "this,that\na,b\n",
    "loop.csv": "source,target\na,a\n",
    "short.csv": "source,target\na,b\nb,c\n",
    "infinite.csv": "node,x\n0,inf\n",
    "one.csv": "node,x\n0,1\n",
    "kg.csv": "source,r,target\n" + "".join(f"{i},{'ab'[i % 2]},{i + 1}\n" for i in range(30)),
    "hole.csv": "node,a\n" + "".join(f"{i},{i or ''}\n" for i in range(30)),
}
# Options, and what the message names: the file with its line and column, or the option; what is expected; what is found.
REFUSED = {
    "": ["--edges", "--sql", "--dataset"],
    "--dataset movie": ["--dataset: ", "'karate'", "'movies'", "'planetoid:<Name>'", "'movie'"],
    "--dataset planetoid:Cora": ["--root: "],
    "--edges none.csv": ["none.csv: "],
    "--edges header.csv": ["header.csv, line 1: ", "'source'", "'this', 'that'"],
    "--edges loop.csv": ["loop.csv: "],
    "--edges short.csv": [" 10 edges", " 2\n"],
    "--edges ring.csv --features infinite.csv": ["infinite.csv, line 2: x: ", "'inf'"],
    "--edges ring.csv --features one.csv": ["ring.csv, line 2: ", " 29 ", "'1', '4', '2', '5', '3' and 24 more"],
    "--edges ring.csv --features hole.csv": ["hole.csv, line 2: a: ", "--model ae", "--model vae"],
    "--edges ring.csv --dim 0": ["--dim: ", " 1, ", " 0\n"],
    "--edges ring.csv --learning-rate -1": ["--learning-rate: ", " 0, "],
    "--edges ring.csv --weight-decay 1": ["--weight-decay: ", " 0 ", " 1.0"],
    "--edges ring.csv --model gan": ["--model: ", "'ae', 'vae', 'gae', 'vgae' or 'complex'", "'gan'"],
    "--edges ring.csv --model ae --encoder gcn": ["--encoder: ", " mlp ", "'gcn'"],
    "--edges ring.csv --model vgae --encoder mlp": ["--encoder: ", " normalized, linear or gcn ", "'mlp'"],
    "--edges ring.csv --model vae": ["features: ", "--features"],
    "--edges ring.csv --map umap": ["--map: ", " pca, ", "'umap'"],
    "--edges ring.csv --device gpu": ["--device: ", " auto, cpu or cuda, ", "'gpu'"],
    "--edges ring.csv --node-embeddings off": ["--node-embeddings: ", "--features"],
    "--edges ring.csv --model vae --node-embeddings on": ["--node-embeddings: ", " auto or off ", "'on'"],
    "--edges ring.csv --directed --model ae": ["--directed: ", "--model ae"],
    "--edges ring.csv --directed --evaluate-unseen 0.1": ["--evaluate-unseen: ", "--directed"],
    "--edges ring.csv --reversed-negatives 0.2": ["--reversed-negatives: ", "--directed"],
    "--dataset karate --directed": ["--dataset ", "--directed"],
    "--edges ring.csv --model complex": ["--model: ", " complex for links with relations", "name the relations"],
    "--edges kg.csv --relation-column r --model gae": ["--model: ", "'gae'", "leave out --model, or the relations"],
    "--edges kg.csv --relation-column r --encoder gcn": ["--encoder: ", " lookup for complex", "'gcn'"],
    "--edges kg.csv --relation-column r --dim 7": ["--dim: ", " even ", " 7"],
    "--edges kg.csv --relation-column r --hops 3": ["--hops: ", " none for links with relations", " 3;"],
    "--edges kg.csv --relation-column q": ["kg.csv, line 1: ", "'q'", "'source', 'r', 'target'", "--relation-column"],
    "--edges kg.csv --relation-column r --split-column r": ["--split-column: ", " train, valid or test ", "'a', 'b'"],
    "--edges kg.csv --split-column r --test 0.2": ["--test: ", "--split-column", "0.2"],
    "--edges kg.csv --split-column r --split x": ["--split-column: ", " none beside --split"],
    "--edges ring.csv --split none": ["--split: ", "'none'"],
    "--edges ring.csv --split none.safetensors": ["none.safetensors: "],
    "--edges ring.csv --split none --test 0.2": ["--test: ", "--split", "0.2"],
    "--edges ring.csv --log-dir ring.csv": ["--log-dir: ", "found ring.csv: the file "],
    "--edges ring.csv --checkpoints ring.csv": ["ring.csv/ring: "],
}


@pytest.mark.parametrize(("options", "named"), REFUSED.items(), ids=REFUSED)
def test_what_cannot_be_trained_ends_with_one_message(
    latentlink: Command, tmp_path: Path, options: str, named: list[str]
) -> None:
    """Exit code 2, one line that names where, what was expected and what was found; no model, not even its directory."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    code, out, err = latentlink("train", *options.split())
    assert (code, err[:7], len(err.splitlines())) == (2, "error: ", 1)
    assert "AUC" not in out  # it is found before the training, not after
    assert [text for text in named if text not in err] == []
    assert not list(tmp_path.glob("checkpoints/*"))


def test_a_training_on_relations_reports_ranks_by_relation(latentlink: Command, tmp_path: Path) -> None:
    """The model is complex unless given; what it read, the ranks of all and of each relation, and the published relations."""
    rows = [
        f"{i},{name},{(i + step) % 40}\n" for name, step in (("next", 1), ("last", -1), ("skip", 2)) for i in range(40)
    ]
    (tmp_path / "kg.csv").write_text("source,r,target\n" + "".join(rows))
    code, out, err = latentlink("train", "--edges", "kg.csv", "--relation-column", "r", "--epochs", 5, "--dim", 8)
    assert (code, err) == (0, "")
    for text in (
        "40 nodes, 120 directed edges of 3 relations",
        "'r' relation, 3 names",
        "training complex (lookup, d = 8)",
    ):
        assert text in out
    assert re.search(r"test +AUC .* full MRR 0\.\d{4} .* full Hits@1 .* on 12 edges", out)
    assert re.search(r"relation +full MRR .* edges? of (next|last|skip)\n", out)
    manifest = json.loads(next(tmp_path.glob("checkpoints/kg/2*/manifest.json")).read_text())
    assert (manifest["model"], manifest["relations"], manifest["format_version"]) == (
        "complex",
        ["next", "last", "skip"],
        2,
    )


def test_a_training_that_fails_leaves_the_versions_before_it(latentlink: Command, tmp_path: Path) -> None:
    """The model is served on."""
    before = publish_small(tmp_path / "checkpoints", "ring")
    assert latentlink("train", "--edges", "ring.csv", "--device", "gpu").code == 2
    assert current_version(tmp_path / "checkpoints/ring") == before.name


def test_a_bad_name_is_refused_before_the_data_is_read(latentlink: Command) -> None:
    """The wrong name comes before the missing file, and isn't printed as if it were right."""
    code, out, err = latentlink("train", "--edges", "none.csv", "--name", "two\nlines")
    assert (code, out, err[:13], r"'two\nlines'" in err) == (2, "", "error: name: ", True)


def test_a_training_that_leaked_publishes_nothing(
    latentlink: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line names the count, exit code 2, no checkpoint."""
    leaky = SplitAudit.model_construct(self_loops=0, heldout_in_encoder=7)
    monkeypatch.setattr("latentlink.models.training.protocol.audit", lambda *_: leaky)
    code, _, err = latentlink("train", "--edges", "ring.csv", "--epochs", 1)
    assert (code, "heldout_in_encoder = 7" in err, len(err.splitlines())) == (2, True, 1)
    assert not list(tmp_path.glob("checkpoints/*"))


def test_a_training_reports_what_it_read_and_where_it_published(latentlink: Command, tmp_path: Path) -> None:
    """Nodes, edges, duplicates and self-loops come first, the path last; the manifest has the device, not the config."""
    (tmp_path / "ring.csv").write_text(RING + "0,1\n1,0\n7,7\n")
    code, out, err = latentlink("train", "--edges", "ring.csv", "--epochs", 3, "--model", "gae", "--device", "cpu")
    first, *_, last = out.splitlines()
    assert (code, err) == (0, "")
    assert [int(number) for number in re.findall(r"\d+", first)] == [30, 60, 2, 1]
    checkpoint = published(tmp_path)
    assert last.split() == ["published", f"checkpoints/ring/{checkpoint.manifest.version}"]
    assert (checkpoint.manifest.name, checkpoint.manifest.model) == ("ring", "gae")
    assert (checkpoint.manifest.training.device, "device" in checkpoint.manifest.config.document()) == ("cpu", False)


def test_a_directed_training_says_how_well_it_tells_directions(latentlink: Command, tmp_path: Path) -> None:
    """The output, the manifest and the card have the same number; the card of an undirected one says that there is none."""
    code, out, _ = latentlink("train", "--edges", "ring.csv", "--directed", "--epochs", 5, "--dim", 8, "--test", 0.4)
    assert (code, "30 nodes, 60 directed edges" in out) == (0, True)
    checkpoint = published(tmp_path)
    test = checkpoint.manifest.metrics.test
    assert f"direction {test.direction:.4f}  on 24 edges" in out
    assert (checkpoint.manifest.directed, checkpoint.manifest.metrics.reciprocal) == (True, 0)
    card = (checkpoint.path / "MODEL_CARD.md").read_text("utf-8")
    assert f"| {test.direction:.4f} |" in card
    latentlink("train", "--edges", "ring.csv", "--epochs", 1, "--dim", 8, "--name", "plain")
    assert "no direction is predicted" in (published(tmp_path, "plain").path / "MODEL_CARD.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (["--sql", "FROM 'ring.csv' WHERE source < 29"], "sql"),
        (["--edges", "Ring.csv.gz"], "ring"),
        (["--edges", "ring.csv", "--name", "other"], "other"),
    ],
)
def test_a_model_is_named_after_its_data(latentlink: Command, tmp_path: Path, options: list[str], name: str) -> None:
    """A query is called sql, a file by its name without suffixes in lower case; `--name` takes precedence."""
    (tmp_path / "Ring.csv.gz").write_bytes(gzip.compress(RING.encode()))
    assert latentlink("train", *options, "--epochs", 1, "--dim", 4).code == 0
    edges = 58 if name == "sql" else 60
    assert published(tmp_path, name).manifest.counts.edges == edges


@pytest.mark.parametrize("requested", [[], ["--weight-decay", 0.1]])
def test_node_embeddings_do_not_decay(latentlink: Command, tmp_path: Path, requested: list[object]) -> None:
    """Without features the checkpoint's config has no weight decay, and a request for one is answered by a warning."""
    code, _, err = latentlink("train", "--edges", "ring.csv", "--encoder", "gcn", "--epochs", 2, *requested)
    assert (code, err[:26]) == (0, "warning: --weight-decay: e" if requested else "")
    assert published(tmp_path).manifest.config.weight_decay == 0


@pytest.mark.parametrize("links", [[(0, leaf) for leaf in range(1, 13)], list(combinations(range(7), 2))[4:]])
def test_graphs_without_room_for_hard_negatives_are_trained(
    latentlink: Command, tmp_path: Path, links: list[tuple[int, int]]
) -> None:
    """A star, and a graph where nearly all are linked: an end of each test edge is linked to everyone, so MRR is left out."""
    (tmp_path / "ring.csv").write_text("source,target\n" + "".join(f"{a},{b}\n" for a, b in links))
    code, out, _ = latentlink("train", "--edges", "ring.csv", "--epochs", 2, "--encoder", "gcn", "--json")
    assert (code, json.loads(out.splitlines()[-1])["metrics"]["test"]["mrr"]) == (0, None)


def test_a_node_table_is_stored_unless_its_features_are_left_out(latentlink: Command, tmp_path: Path) -> None:
    """The preprocessing and the features are in the checkpoint; `--no-store-features` keeps their number, and filter columns."""
    rows = "".join(f"{i},{i * i},{'xyz'[i % 3]},w{i}\n" for i in range(30))
    (tmp_path / "x.csv").write_text(f"node,a,city,who\n{rows}")
    options = ("train", "--edges", "ring.csv", "--features", "x.csv", "--epochs", 1, "--dim", 4)
    _, out, err = latentlink(*options)
    kept = published(tmp_path)
    (tmp_path / "run.toml").write_text('filter-columns = "city"')
    latentlink(*options, "--no-store-features", "--config", "run.toml")
    left = published(tmp_path)
    assert re.findall(r"\d+ features", out) == ["4 features"]
    assert (err[:9], "'who'" in err, len(err.splitlines())) == ("warning: ", True, 1)
    assert kept.preprocessing is not None
    assert kept.preprocessing.names == ("a", "city=x", "city=y", "city=z")
    assert np.asarray(kept.features).mean(axis=0) == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3], abs=1e-6)
    assert (left.features, left.preprocessing, left.manifest.counts.features) == (None, None, 4)
    assert ([*kept.columns], [*left.columns]) == ([], ["city"])


def test_patience_ends_a_training_early(latentlink: Command, tmp_path: Path) -> None:
    """A curve of fewer epochs than were allowed; the manifest has both numbers."""
    options = ("--epochs", 300, "--patience", 1, "--evaluate-every", 1, "--dim", 4)
    assert latentlink("train", "--edges", "ring.csv", *options).code == 0
    manifest = published(tmp_path).manifest
    assert (manifest.config.patience, manifest.config.epochs) == (1, 300)
    assert len(manifest.training.curve.loss) < 300


@pytest.mark.parametrize(("options", "printed"), [([], "1 thread"), (["--threads", 2], "2 threads")])
def test_torch_and_blas_get_as_many_threads_as_are_printed(
    latentlink: Command, monkeypatch: pytest.MonkeyPatch, options: list[object], printed: str
) -> None:
    """One for a small graph; else those of the option; at the end torch has as many as before."""
    of_torch, of_blas, before = list[int](), list[tuple[int, str]](), torch.get_num_threads()

    def limit(threads: int, user_api: str) -> nullcontext[None]:
        of_blas.append((threads, user_api))
        return nullcontext()

    monkeypatch.setattr(torch, "set_num_threads", of_torch.append)
    monkeypatch.setattr(plan, "threadpool_limits", limit)
    out = latentlink("train", "--edges", "ring.csv", "--epochs", 1, "--dim", 4, *options).out
    assert re.findall(r"\d+ threads?", out) == [printed]
    assert (of_torch, of_blas) == ([int(printed[0]), before], [(int(printed[0]), "blas")])


def _leave(monkeypatch: pytest.MonkeyPatch, way: str) -> TrainingConfig:
    """Leave as much memory as the ring's training takes that way; the config that it is then trained with."""
    config = TrainingConfig(dim=64, epochs=2, neighbor_sampling="off" if way == "off" else "on")
    for module in (cost, plan):
        monkeypatch.setattr(module, "training_bytes", lambda _, c: 2**31 if c.neighbor_sampling == "on" else 2**32)
    monkeypatch.setattr(plan, "available_bytes", lambda: 2**32 if way == "off" else 2**31)
    return config


def test_a_training_that_does_not_fit_is_sampled(
    latentlink: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both estimates are printed; the manifest has what was decided, and the embeddings differ from those of the whole graph."""
    vectors = set()
    for way in ("off", "on"):
        config = _leave(monkeypatch, way)
        out = latentlink("train", "--edges", "ring.csv", "--dim", 64, "--epochs", 2).out
        assert re.findall(r"[\d.]+ GiB", out) == (["2.0 GiB", "4.0 GiB"] if way == "on" else [])
        checkpoint = published(tmp_path)
        assert checkpoint.manifest.config.document() == config.model_dump()
        vectors.add(checkpoint.mu.tobytes())
    assert len(vectors) == 2


def test_a_sampled_training_is_resumed_as_one_whatever_memory_there_is(
    latentlink: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was begun where all of it did not fit, and ends, where it does, with the bytes of one that was never interrupted."""
    arguments = ("train", "--edges", "ring.csv", "--dim", 64, "--epochs", 2)
    config, graph = _leave(monkeypatch, "on"), load_graph(edges=tmp_path / "ring.csv")
    latentlink(*arguments, "--name", "whole")
    home = tmp_path / "checkpoints/ring"
    home.mkdir()
    saver = FileSaver(home, facts_of(graph, config, "cpu"), resume=False, warn=print, interval=0)

    def killed(_: Epoch) -> None:
        if (home / ".resume").exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(graph, config, killed, saver)
    _leave(monkeypatch, "off")
    code, out, _ = latentlink(*arguments, "--resume")
    assert (code, re.findall(r"[\d.]+ GiB", out)) == (0, ["2.0 GiB", "4.0 GiB"])
    assert published(tmp_path, "whole").mu.tobytes() == published(tmp_path).mu.tobytes()


def test_resuming_without_a_state_begins_anew(latentlink: Command, tmp_path: Path) -> None:
    """One line more, then an ordinary training, of which no state is left."""
    options = ("train", "--edges", "ring.csv", "--epochs", 1, "--dim", 4)
    ordinary = latentlink(*options).out.splitlines()
    code, out, err = latentlink(*options, "--resume")
    data, links, _, *rest = out.splitlines()
    assert (code, err, [data, links, *rest[:-1]]) == (0, "", ordinary[:-1])
    assert not (tmp_path / "checkpoints/ring/.resume").exists()


def test_another_training_is_tested_on_the_split_of_a_model(latentlink: Command, tmp_path: Path) -> None:
    """By its name, or by the file, whatever the seed: the same heuristics' metrics, the same file; `evaluate` keeps to it."""
    options = ("train", "--edges", "ring.csv", "--epochs", 2, "--dim", 4)
    latentlink(*options, "--seed", 3)
    first = published(tmp_path)
    for source in ("ring", first.path / "split.safetensors"):
        assert latentlink(*options, "--name", "other", "--split", source, "--encoder", "linear").code == 0
        other = published(tmp_path, "other")
        assert other.manifest.training.split_given
        assert other.manifest.files["split.safetensors"] == first.manifest.files["split.safetensors"]
        auc = other.manifest.metrics.baselines["adamic_adar"].auc
        assert auc == first.manifest.metrics.baselines["adamic_adar"].auc
    seeds = json.loads(latentlink("evaluate", "other", "--seeds", 2, "--json").out)["seeds"]
    assert [one["test"]["adamic_adar"]["auc"] for one in seeds] == [auc, auc]


def test_a_row_of_the_node_table_is_a_new_node(latentlink: Command, tmp_path: Path) -> None:
    """Sent whole: what the training left out is ignored, and a column that the table lacks is still refused."""
    table = "node,age,joined,name,row\n" + "".join(
        f"{i},{i * i % 7},2026-01-0{1 + i % 9},n{i},{i}\n" for i in range(30)
    )
    (tmp_path / "x.csv").write_text(table)
    latentlink("train", "--edges", "ring.csv", "--features", "x.csv", "--epochs", 1, "--dim", 4)
    checkpoint = published(tmp_path)
    row: dict[str, Cell] = {"age": 3, "joined": "2027-01-01", "name": "new", "row": 30}
    np.testing.assert_array_equal(encode(checkpoint, row), encode(checkpoint, {"age": 3}))
    with pytest.raises(InvalidRequestError):
        encode(checkpoint, row | {"height": 3})


def test_a_missing_package_is_named_with_its_extra(
    latentlink: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says what to install, before anything is trained."""
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    code, _, err = latentlink("train", "--edges", "ring.csv", "--log-dir", "runs")
    assert (code, " tensorboardX" in err, "[train]" in err, len(err.splitlines())) == (2, True, True, 1)
    assert not list(tmp_path.glob("checkpoints/*"))
