"""Answers as tables of pandas."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from latentlink import (
    Contribution,
    Explanation,
    Interval,
    Map,
    Neighbor,
    Neighbors,
    Scores,
    Side,
    Support,
    Table,
    Unseen,
)

INTERVAL = Interval(logit=(-1.0, 1.0), probability=(0.25, 0.75))
SUPPORT = Support(degrees=(2, 3), same_component=True, distance=None, exact=True, cold_start=False)
SCORES = Scores(
    np.array([0.5, np.nan]), np.array([0.0, np.nan]), np.array([True, False]), "v", pairs=[("a", "b"), ("a", "?")]
)


def test_scores_stand_beside_their_pairs() -> None:
    """The ids of the request, and the columns of the answer in their order; nothing that was not requested."""
    frame = SCORES.to_pandas()
    assert list(frame.columns) == ["source", "target", "probability", "logit", "known"]
    assert frame.loc[0].tolist() == ["a", "b", 0.5, 0.0, True]
    assert frame.loc[1, ["source", "target"]].tolist() == ["a", "?"]
    assert frame["probability"].isna().tolist() == [False, True]


def test_annotations_are_columns() -> None:
    """Both ends of intervals and each fact of the local evidence; empty for an unknown node."""
    scores = replace(SCORES, calibrated=np.array([0.1, np.nan]), intervals=[INTERVAL, None], supports=[SUPPORT, None])
    frame = scores.to_pandas()
    assert frame.loc[0].iloc[5:].tolist() == [0.1, -1.0, 1.0, 0.25, 0.75, 2, 3, True, None, True, False]
    assert frame.loc[1].iloc[5:].isna().all()
    assert list(frame.columns[5:]) == [
        *("calibrated", "logit_low", "logit_high", "probability_low", "probability_high"),
        *("source_degree", "target_degree", "same_component", "distance", "exact", "cold_start"),
    ]


def test_neighbors_are_rows_in_their_order() -> None:
    """With the columns that any of them has; an empty list is an empty table."""
    near = Neighbor(node="b", probability=0.75, logit=1.0, known=False)
    frame = Neighbors([near, replace(near, node="c", logit=0.5)]).to_pandas()
    assert frame.to_dict("list") == {
        "node": ["b", "c"],
        "probability": [0.75, 0.75],
        "logit": [1.0, 0.5],
        "known": [False, False],
    }
    typed = Neighbors([replace(near, type="film", calibrated=0.5, interval=INTERVAL)]).to_pandas()
    assert typed[["type", "calibrated", "logit_high"]].loc[0].tolist() == ["film", 0.5, 1.0]
    empty = Neighbors().to_pandas()
    assert (len(empty), [*empty.columns]) == (0, ["node", "probability", "logit", "known"])


def test_vectors_are_rows_by_id() -> None:
    """Nothing but numbers is in the columns; in typed models the type is a part of the id."""
    vectors = np.arange(6, dtype=np.float32).reshape(2, 3)
    frame = Table(["a", "b"], vectors).to_pandas()
    assert (frame.to_numpy() == vectors).all()
    assert frame.to_numpy().dtype == np.float32
    assert frame.loc["b"].tolist() == [3, 4, 5]
    typed = Table(["a", "a"], vectors, types=["film", "person"]).to_pandas()
    assert typed.loc[("person", "a")].tolist() == [3, 4, 5]
    assert typed.index.names == ["type", "node"]


def test_scores_of_a_new_node_stand_beside_their_targets() -> None:
    """As those of pairs; without targets there are no rows."""
    new = Unseen(False, np.zeros(2, np.float32), None, None, None)
    assert len(new.to_pandas()) == 0
    scored = replace(new, probability=np.array([0.5]), logit=np.array([0.0]), targets=["a"], supports=[SUPPORT])
    assert scored.to_pandas().loc[0].tolist() == ["a", 0.5, 0.0, 2, 3, True, None, True, False]


def test_the_map_is_a_row_for_each_node() -> None:
    """With x and y."""
    frame = Map(["a", "b"], np.array([[1, 2], [3, 4]], np.float32), "pca").to_pandas()
    assert frame.to_dict("list") == {"node": ["a", "b"], "x": [1, 3], "y": [2, 4]}


def test_contributions_of_each_end_add_up_to_the_logit() -> None:
    """The row without a node holds all that are not listed."""
    own, other = (Contribution(node, value, [], None, None) for node, value in (("a", 0.5), ("c", 1.0)))
    one = Side("a", own, [other], 0.25, exact=True, fidelity=None)
    left_out = Side("b", None, [other], None, exact=True, fidelity=0.5)
    frame = Explanation(
        probability=0.85,
        logit=1.75,
        known=False,
        method="contributions",
        sides=(one, left_out),
        common_neighbors=(0, []),
    ).to_pandas()
    assert frame["end"].tolist() == ["a", "a", "a", "b"]
    assert frame["node"].fillna("").tolist() == ["a", "c", "", "c"]
    assert frame.groupby("end")["contribution"].sum().to_dict() == {"a": 1.75, "b": 1.0}


def test_a_missing_pandas_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of "No module named"."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError, match=r"^expected the package pandas, found none; pip install 'pandas'$"):
        SCORES.to_pandas()
