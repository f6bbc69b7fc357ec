"""`LinkPredictor`: scikit-learn's shape, the bytes of the command, and what it answers before and after it is published."""

import json
import pickle
import re
from copy import copy, deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch_geometric.nn import SAGEConv

from latentlink import LinkPredictor, Split, load
from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph
from tests.command import run_command
from tests.latentlink.local.conftest import QUICK
from tests.models.training.trackers.noted import Noted

RING = [(i, (i + step) % 30) for i in range(30) for step in (1, 4)]
EDGES = "source,target,year\n" + "".join(f"{a},{b},{2000 + at // 6}\n" for at, (a, b) in enumerate(RING))
GRAPHS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "undirected": ([], {}),
    "directed": (["--directed"], {"directed": True}),
    "typed": (
        ["--source-type", "user", "--target-type", "item"],
        {"source_type": "user", "target_type": "item"},
    ),
    "by time": (["--time-column", "year"], {"time": "year"}),
}


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] if kind == "by time" else []) for kind in GRAPHS]
)
def test_python_and_the_command_give_the_same_bytes(kind: str, tmp_path: Path) -> None:
    """Every file is the same but the manifest, and that is the same but for version and time."""
    (tmp_path / "ring.csv").write_text(EDGES)
    options, arguments = GRAPHS[kind]
    train = ("train", "--edges", "ring.csv", "--dim", 4, "--epochs", 2, "--seed", 7, *options)
    assert run_command(*train, folder=tmp_path).code == 0
    [command] = (tmp_path / "checkpoints/ring").glob("2*")
    predictor = LinkPredictor(dim=4, epochs=2, seed=7, verbose=False)
    python = predictor.fit(load_graph(edges=tmp_path / "ring.csv", **arguments)).publish("ring", tmp_path / "python")
    predictor.close()
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in (command, python)]
    assert manifests[0]["config"]["time_column"] == arguments.get("time")
    files = {path.name for path in command.iterdir()} - {"manifest.json", "manifest.sha256"}
    assert {name for name in files if (command / name).read_bytes() != (python / name).read_bytes()} == set()
    first, second = ({**one, "version": "", "created_at": ""} for one in manifests)
    assert first == second


def test_a_store_at_a_url_is_no_directory(
    karate: LinkPredictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To publish there would make a local folder `s3:`; loading says the same."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"^store: expected a path on this machine, found the URL s3://models/x; "):
        karate.publish("people", "s3://models/x")
    with pytest.raises(DataError, match=r"^store: expected a path on this machine, found the URL"):
        load("people", "s3://models/x")
    assert list(tmp_path.iterdir()) == []


def test_what_is_published_answers_as_before(karate: LinkPredictor, tmp_path: Path) -> None:
    """To the bit; it is the current version unless that is not wanted, and is published under a name once."""
    path = karate.publish("people", tmp_path)
    assert karate.publish("others", tmp_path, activate=False).parent == tmp_path / "others"
    assert [(tmp_path / name / "CURRENT").exists() for name in ("people", "others")] == [True, False]
    with load("people", tmp_path) as published:
        pairs = [("0", "1"), ("5", "33")]
        assert published.predict_proba(pairs).tolist() == karate.predict_proba(pairs).tolist()
        assert published.info() == {**karate.info(), "model": "people"}
    assert open_checkpoint(path).manifest.version == path.name
    with pytest.raises(DataError, match="installed already"):
        karate.publish("people", tmp_path)


def test_parameters_are_scikit_learns(karate: LinkPredictor) -> None:
    """`get_params`, `set_params`, `clone` and the signature know each field of the config."""
    split = karate.split_
    assert clone(LinkPredictor(split=split)).get_params()["split"] is split
    predictor = LinkPredictor(encoder="gcn", dim=8, seed=3)
    params = predictor.get_params()
    assert TrainingConfig.model_fields.keys() | {"device", "threads", "store_features", "split", "verbose"} == {*params}
    assert (params["encoder"], params["dim"], params["hidden"]) == ("gcn", 8, None)
    assert clone(predictor).get_params() == params
    assert predictor.set_params(dim=16) is predictor
    assert predictor.get_params()["dim"] == 16
    assert repr(predictor) == "LinkPredictor(encoder='gcn', dim=16, seed=3)"
    assert [*LinkPredictor.__signature__.parameters] == [*params]


def test_an_unknown_parameter_is_named_with_one_like_it() -> None:
    """Before anything is trained."""
    with pytest.raises(DataError, match=r"^parameter: expected the name of one, such as epochs, found 'epoch'$"):
        LinkPredictor(epoch=3)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"dim": 0}, r"^dim: expected a number greater than or equal to 1, found 0$"),
        ({"epochs": "20"}, r"^epochs: expected a valid integer, found '20'$"),
        ({"patience": "20"}, r"^patience: expected a valid integer, found '20'$"),
        ({"epochs": True}, r"^epochs: expected a valid integer, found true$"),
        ({"learning_rate": "0.1"}, r"^learning_rate: expected a valid number, found '0.1'$"),
        ({"refit": "no"}, r"^refit: expected a valid boolean, found 'no'$"),
        ({"node_embeddings": "off"}, r"^node_embeddings: expected features .* add features"),
        ({"model": "complex"}, r"^model: expected complex for links with relations"),
        ({"device": "tpu"}, r"^device: expected auto, cpu or cuda, found 'tpu'$"),
        ({"split": "nobody"}, r"^split: "),
        ({"split": 3}, r"^split: expected split_ of a model"),
        ({"threads": 0}, r"^threads: expected a whole number from 1"),
        ({"encoder": 42}, r"^encoder: expected a name, a torch module, .* found 42$"),
    ],
)
def test_messages_call_parameters_by_their_names(params: dict[str, Any], message: str) -> None:
    """Those of the command, without its dashes."""
    with pytest.raises(DataError, match=message):
        LinkPredictor(**QUICK | params).fit(load_graph(dataset="karate"))


def test_a_graph_with_times_takes_no_split(karate: LinkPredictor) -> None:
    """The message names what was given, and how to read the graph without times."""
    graph = load_graph(dataset="karate")
    timed = replace(graph, times=np.arange(graph.n_edges, dtype=np.float64), time_column="year")
    with pytest.raises(DataError, match=r"^split: expected none for a graph with times, .* without time='year'$"):
        LinkPredictor(**QUICK, split=karate.split_).fit(timed)


@pytest.mark.parametrize(("given", "found"), [([("a", "b")], "builtins.list"), (nx.Graph(), "networkx.Graph")])
def test_what_is_no_graph_is_refused(given: Any, found: str) -> None:
    """The message says whose it is, and how to make one."""
    with pytest.raises(
        DataError, match=rf"expected a latentlink Graph, found {found}; read it with latentlink\.read_graph"
    ):
        LinkPredictor().fit(given)


def test_a_parameter_that_is_ignored_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the command does; nothing is trained here."""
    monkeypatch.setattr("latentlink.local.predictor.make_plan", lambda *_: 1 / 0)
    graph = load_graph(dataset="karate")
    with (
        pytest.warns(UserWarning, match="^weight_decay: expected features, found none"),
        pytest.raises(ZeroDivisionError),
    ):
        LinkPredictor(encoder="gcn", weight_decay=0.1).fit(graph)


def test_a_copy_has_parameters_of_its_own() -> None:
    """A change of the copy is none of the first."""
    predictor = LinkPredictor(dim=8)
    copy(predictor).set_params(dim=4)
    assert predictor.get_params()["dim"] == 8


def test_what_is_fitted_is_not_copied(karate: LinkPredictor) -> None:
    """Two would close one service and remove one store."""
    for copied in (copy, deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="publish and load it again"):
            copied(karate)


@pytest.mark.parametrize("seeds", [[], [-1], 3])
def test_seeds_that_are_none_are_refused(karate: LinkPredictor, seeds: Any) -> None:
    """Before anything is trained."""
    with pytest.raises(DataError, match=r"^seeds: expected whole numbers from 0"):
        karate.evaluate(seeds, verbose=False)


def test_nothing_is_answered_before_a_fit() -> None:
    """The message says what to call."""
    with pytest.raises(DataError, match=r"call fit\(graph\) first"):
        LinkPredictor().score("0", "1")
    assert LinkPredictor()._repr_html_() == "<pre>LinkPredictor()</pre>"


def test_another_model_is_trained_on_the_same_split(karate: LinkPredictor) -> None:
    """The links and the non-links of both parts are those of the first."""
    with LinkPredictor(**QUICK, seed=5, split=karate.split_).fit(load_graph(dataset="karate")) as other:
        assert _sets(other.split_) == _sets(karate.split_)
        assert other.info()["training"]["split_given"]


@pytest.mark.slow
def test_seeds_are_those_of_the_command(karate: LinkPredictor, tmp_path: Path) -> None:
    """Mean and deviation of each metric, of the model and of the heuristics."""
    karate.publish("people", tmp_path)
    done = run_command("evaluate", "people", "--seeds", 2, "--json", "--checkpoints", tmp_path, folder=tmp_path)
    found = karate.evaluate(range(2), verbose=False)
    expected = json.loads(done.out)["test"]
    assert {row: {name: one and vars(one) for name, one in cells.items()} for row, cells in found.items()} == expected
    auc = expected["model"]["auc"]
    assert f"<td>model</td><td>{auc['mean']:.4f} ± {auc['deviation']:.4f}</td>" in found._repr_html_()
    with load("people", tmp_path) as loaded:
        assert loaded._training()[0].fingerprint() == karate._training()[0].fingerprint()


def test_seeds_of_a_split_in_the_data_are_those_of_its_checkpoint(tmp_path: Path) -> None:
    """The non-links of the test stay, too, in a fitted predictor as in a model that was loaded."""
    karate = load_graph(dataset="karate")
    parts = np.arange(karate.n_edges) % 4
    graph = replace(karate, parts=np.maximum(parts - 1, 0).astype(np.int16))
    with LinkPredictor(**QUICK).fit(graph) as predictor:
        predictor.publish("divided", tmp_path)
        fitted = predictor.evaluate([1], verbose=False)["model"]["auc"]
    with load("divided", tmp_path) as model:
        assert model.evaluate([1], verbose=False)["model"]["auc"] == fitted


def test_a_fit_calls_its_trackers_in_order(karate: LinkPredictor) -> None:
    """Start, each epoch, the result and the end."""
    noted = Noted()
    LinkPredictor(**QUICK, refit=False).fit(load_graph(dataset="karate"), trackers=[noted]).close()
    epoch = karate.info()["training"]["epoch"]
    assert noted.calls == ["start 4", "epoch 1", "epoch 2", f"result {epoch}", "close"]


def test_progress_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """It is rewritten, on standard error, and nothing is left of it; with verbose=False there is none."""
    graph = load_graph(dataset="karate")
    for verbose in (True, False):
        LinkPredictor(**QUICK | {"verbose": verbose}, refit=False).fit(graph).close()
        out, err = capsys.readouterr()
        assert (out, "\n" in err, bool(err)) == ("", False, verbose)
        if verbose:
            *shown, blanks, end = err.split("\r")
            assert re.search(r"fit with node embeddings: epoch 1 of 2, loss \d\.\d{4}, validation AUC ", "".join(shown))
            assert (blanks.strip(), end) == ("", "")


def test_a_private_store_is_removed(karate: LinkPredictor) -> None:
    """With the predictor, and not by the copy of one in another process."""
    with LinkPredictor(**QUICK).fit(load_graph(dataset="karate")) as predictor:
        store = predictor._checkpoint.path.parent.parent
        assert store.name.startswith("latentlink-")
    assert not store.exists()
    with pytest.raises(DataError, match=r"call fit\(graph\) first"):
        predictor.publish("closed")
    assert karate._checkpoint.path.exists()


def _sets(split: Split) -> list[set[tuple[str, ...]]]:
    parts = (split.train, split.validation, split.validation_negatives, split.test, split.test_negatives)
    return [set(map(tuple, part.tolist())) for part in parts]


class OneLayer(torch.nn.Module):
    """The mean of the neighbours' features, mapped."""

    def __init__(self, n_features: int, dim: int) -> None:
        super().__init__()
        self.layer = SAGEConv(n_features, dim)

    def forward(self, x: torch.Tensor, edge_index: torch.Tensor) -> torch.Tensor:
        """z."""
        z: torch.Tensor = self.layer(x, edge_index)
        return z


def test_a_module_is_trained_as_wide_as_its_vectors(tmp_path: Path) -> None:
    """Untrained modules with features need no `dim`, are repeated over seeds, and stay untrained."""
    (tmp_path / "ring.csv").write_text(EDGES)
    (tmp_path / "nodes.csv").write_text("node,a,b\n" + "".join(f"{i},{i % 2},{i % 3}\n" for i in range(30)))
    module = OneLayer(2, 5)
    before = module.layer.lin_l.weight.detach().clone()
    predictor = LinkPredictor(encoder=module, epochs=2, verbose=False)
    with predictor.fit(load_graph(edges=tmp_path / "ring.csv", features=tmp_path / "nodes.csv")) as fitted:
        assert fitted.info()["config"]["dim"] == 5
        assert "model" in fitted.evaluate(seeds=[1], verbose=False)
    assert bool((module.layer.lin_l.weight == before).all())
