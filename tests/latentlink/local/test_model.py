"""`Model`: the answers of the HTTP API in this process, and what a notebook adds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from latentlink import APIError, Client, LinkPredictor, Model, UnknownNodeError, load, publish_vectors
from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.errors import CheckpointError, DataError
from tests.support import Client as TestClient
from tests.support import Small

CALLS: dict[str, Callable[[Client], Any]] = {
    "models": lambda c: c.models(),
    "degraded": lambda c: c.degraded(),
    "info": lambda c: c.info(),
    "nodes": lambda c: c.nodes("n4"),
    "node": lambda c: c.node("a"),
    "score": lambda c: c.score("a", "a/b"),
    "scores": lambda c: c.scores([("a", "b"), ("ünï", "\n")], include=["support"]),
    "thresholds": lambda c: c.thresholds("recall", 0.5),
    "explanation": lambda c: c.explanation("a", "b"),
    "neighbors": lambda c: c.neighbors("a", k=3),
    "neighbors_of": lambda c: c.neighbors_of(["a", "n40"], k=2, exclude=["b"]),
    "unseen": lambda c: c.unseen({"neighbors": ["a"], "targets": ["b"]}),
    "unseen_together": lambda c: c.unseen_together({"p": {"neighbors": ["a"]}, "q": {}}, [("p", "q")]),
    "embeddings": lambda c: c.embeddings(),
    "map": lambda c: c.map(),
    "links": lambda c: c.links(1, include=["degrees"]),
}


def test_a_refusal_names_parameters_of_python(model: Model) -> None:
    """Not the options of the command."""
    with pytest.raises(APIError) as refused:
        model.neighbors("a", filter={"city": "Rome"})
    assert refused.value.detail == "filter: expected columns to filter by, found none; train with filter_columns"


@pytest.mark.parametrize("call", CALLS)
def test_every_call_has_the_answer_of_the_service(model: Model, client: TestClient, call: str) -> None:
    """The same object from the same checkpoint, by HTTP and in this process."""
    over_http = Client("http://testserver", model="small", transport=client._transport)
    assert repr(CALLS[call](model)) == repr(CALLS[call](over_http))


def test_no_call_is_left_out() -> None:
    """The table above has all public methods of the client but those that change something or name another version."""
    assert {name for name in vars(Client) if not name.startswith("_")} == CALLS.keys() | {
        "close",
        "activate",
        "compare",
        "search_links",
    }


@pytest.mark.slow
def test_a_request_may_be_larger_than_the_service_allows(model: Model) -> None:
    """The limits protect a service from its clients; here there are none."""
    assert len(model.scores([("a", "b")] * 100_001).logit) == 100_001


def test_an_unknown_node_has_its_error(model: Model) -> None:
    """The same exception as by HTTP, with the closest ids."""
    with pytest.raises(UnknownNodeError) as raised:
        model.score("n400", "a")
    assert "n40" in raised.value.closest["n400"]
    assert "; the closest known ids are 'n40'" in str(raised.value)


@pytest.mark.parametrize("node", [404, np.int64(404)])
def test_a_whole_number_is_the_id_of_one_node(model: Model, node: Any) -> None:
    """Its digits are the id."""
    with pytest.raises(UnknownNodeError) as raised:
        model.neighbors(node)
    assert list(raised.value.closest) == ["404"]


def test_a_model_follows_current_and_a_version_stays(tmp_path: Path, small: Small) -> None:
    """After another version is activated, at the next look."""
    first = small.publish(tmp_path)
    with load("small", tmp_path) as following, load(f"small@{first}", tmp_path) as pinned:
        second = small.renewed().publish(tmp_path)
        assert (tmp_path / "small/CURRENT").read_text().strip() == second
        for one in (following, pinned):
            one._service.app.state.service.store.refresh()  # what the poll does
        assert [one.info()["version"] for one in (following, pinned)] == [second, first]
        pinned.activate(first)  # no admin key is needed
        assert (tmp_path / "small/CURRENT").read_text().strip() == first


def test_a_model_is_found_by_its_path_and_others_are_not_opened(tmp_path: Path, small: Small) -> None:
    """By STORE/NAME and by a version's directory; a damaged neighbour is in nobody's way."""
    version = small.publish(tmp_path)
    (tmp_path / "broken" / small.publish(tmp_path, "broken") / "nodes.safetensors").unlink()
    for path in (tmp_path / "small", tmp_path / "small" / version):
        with load(path) as model:
            assert [one["name"] for one in model.models()] == ["small"]
            assert model.degraded() == {}
    with pytest.raises(CheckpointError, match=r"nodes\.safetensors"):
        load("broken", tmp_path)


def test_a_name_that_is_not_there_is_refused(checkpoints: Path) -> None:
    """With those that are; a version that is not there, too."""
    with pytest.raises(DataError, match=r"expected one of small.*'large'"):
        load("large", checkpoints)
    with pytest.raises(DataError, match="expected a version behind small@, found nothing"):
        load("small@", checkpoints)


def test_probabilities_are_those_of_scores(model: Model) -> None:
    """Raw ones, float64 (m,), of tuples and of an array."""
    pairs = [("a", "b"), ("n40", "n41")]
    expected = model.scores(pairs).probability
    assert model.predict_proba(pairs).tolist() == model.predict_proba(np.array(pairs)).tolist() == expected.tolist()


def test_calibrated_probabilities_are_those_of_the_service(karate: LinkPredictor) -> None:
    """NaN for a known link."""
    pairs = [("0", "1"), ("0", "33")]
    calibrated = karate.predict_proba(pairs, calibrated=True)
    assert np.isnan(calibrated).tolist() == karate.scores(pairs).known.tolist()
    assert calibrated[1] == karate.score("0", "33", include=["calibrated"]).calibrated


def test_a_frame_comes_back_with_its_scores(model: Model) -> None:
    """Its index and other columns stay; the ends are named."""
    frame = pd.DataFrame({"target": ["b", "c"], "weight": [1, 2], "source": ["a", "a"]}, index=[7, 3])
    scores, found = model.scores([("a", "b"), ("a", "c")]), model.scores(frame)
    expected = frame.assign(probability=scores.probability, logit=scores.logit, known=scores.known)
    pd.testing.assert_frame_equal(found, expected)


def test_a_frame_has_what_was_requested(model: Model) -> None:
    """Local evidence as columns, of pairs and of neighbours."""
    support = model.score("a", "b", include=["support"]).support
    assert support is not None
    found = model.scores(pd.DataFrame({"source": ["a"], "target": ["b"]}), include=["support"])
    assert found[["source_degree", "target_degree"]].to_numpy().tolist() == [[*support.degrees]]
    assert (found["exact"][0], found["cold_start"][0]) == (support.exact, support.cold_start)
    [best] = model.neighbors("a", k=1, include=["support"])
    assert best.support is not None
    columns = model.neighbors(["a"], k=1, include=["support"])
    assert columns["target_degree"].tolist() == [best.support.degrees[1]]


def test_neighbors_of_a_series_are_a_frame(model: Model) -> None:
    """A row for each neighbour of each node; of a list they are columns, of one id the client's list."""
    found = model.neighbors(pd.Series(["a", "n40"]), k=2)
    listed = {node: model.neighbors(node, k=2) for node in ("a", "n40")}
    expected = [(node, one.node, one.probability) for node, ones in listed.items() for one in ones]
    assert isinstance(found, pd.DataFrame)
    assert [*found[["node", "neighbor", "probability"]].itertuples(index=False, name=None)] == expected
    columns = model.neighbors(["a", "n40"], k=2)
    assert [*columns] == ["node", "neighbor", "probability", "logit", "known"]
    pd.testing.assert_frame_equal(columns.to_pandas(), found)


def test_an_explanation_has_a_shorter_name(model: Model) -> None:
    """`explain` is `explanation`."""
    assert repr(model.explain("a", "b", limit=2)) == repr(model.explanation("a", "b", limit=2))


def test_facts_are_those_of_the_manifest(karate: LinkPredictor) -> None:
    """Metrics, baselines and the curve, with NaN where nothing was measured."""
    manifest = open_checkpoint(karate._checkpoint.path).manifest
    assert karate.metrics_["test"]["auc"] == manifest.metrics.test.auc
    assert karate.baselines_["adamic_adar"]["ap"] == manifest.metrics.baselines["adamic_adar"].ap
    assert karate.curve_["loss"].tolist() == manifest.training.curve.loss
    assert karate.curve_["validation_auc"].shape == (2,)


def test_a_notebook_shows_metrics_heuristics_and_the_curve(karate: LinkPredictor, model: Model) -> None:
    """Numbers of the test with four digits, and the chart of the checkpoint where it has one."""
    shown = karate._repr_html_()
    auc, of_heuristic = karate.metrics_["test"]["auc"], karate.baselines_["adamic_adar"]["auc"]
    assert f"<td>vgae</td><td>{auc:.4f}</td>" in shown
    assert f"<td>adamic adar</td><td>{of_heuristic:.4f}</td>" in shown
    assert 'src="data:image/svg+xml;base64,' in shown
    assert "<img" not in model._repr_html_()
    assert repr(model).startswith("small@")


def test_vectors_without_a_split_are_shown_as_not_evaluated(tmp_path: Path) -> None:
    """They have neither metrics, nor a curve, nor a split, and a message says how to have one."""
    publish_vectors("some", ["a", "b", "c"], np.eye(3), [(0, 1), (1, 2)], store=tmp_path)
    with load("some", tmp_path) as model:
        assert repr(model).endswith("2 edges, not evaluated")
        assert (model.curve_, model.baselines_) == ({}, {})
        with pytest.raises(DataError, match="found one without; train it again, or publish its vectors with one"):
            _ = model.split_


def test_the_card_has_its_charts(karate: LinkPredictor) -> None:
    """The text is the file's; a notebook gets the pictures in it, and no metadata."""
    card = karate.card()
    assert card == (karate._checkpoint.path / "MODEL_CARD.md").read_text()
    assert "](curve.svg)" in card
    assert "](curve.svg)" not in card._repr_markdown_()
    assert "](data:image/svg+xml;base64," in card._repr_markdown_()
    assert (card.startswith("---\nlibrary_name"), card._repr_markdown_().startswith("# model\n")) == (True, True)
