"""Unknown ids, and lists of none, on every route that takes ids."""

from typing import Any

import pytest

from tests.support import Client, assert_problem, unknown_nodes

URL = "/v1/models/small"


@pytest.mark.parametrize(
    "path", ["score?source=a&target=", "score?source=&target=a", "embedding?node=", "neighbors?node=", "node?node="]
)
def test_the_unknown_id_of_a_query_is_named(client: Client, path: str) -> None:
    """404; an empty id is one that no node has."""
    assert unknown_nodes(client.get(f"{URL}/{path}")) == [""]


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("scores", {"pairs": [["a", "n5"], ["two wor", "a"]]}),
        ("embeddings", {"nodes": ["n5", "a", "two wor"]}),
        ("neighbors", {"nodes": ["n5", "a", "two wor"]}),
        ("neighbors", {"nodes": ["a"], "candidates": ["b", "n5", "two wor"]}),
    ],
)
def test_unknown_ids_of_a_body_are_named(client: Client, route: str, body: dict[str, Any]) -> None:
    """By default one fails the request; all are named, in their order."""
    assert unknown_nodes(client.post(f"{URL}/{route}", json=body)) == ["n5", "two wor"]


@pytest.mark.parametrize(
    ("route", "body", "field"),
    [
        ("neighbors", {"nodes": ["n5"]}, "nodes"),
        ("neighbors", {"nodes": ["a"], "candidates": ["n5"]}, "candidates"),
        ("unseen", {"neighbors": ["a"], "targets": ["n5"]}, "targets"),
        ("unseen", {"neighbors": ["a"], "k": 1, "candidates": ["n5"]}, "candidates"),
        ("unseen", {"neighbors": ["n5"]}, "neighbors"),
        ("unseen", {"strangers": [{"id": "x", "neighbors": ["n5"]}]}, "strangers.0.neighbors"),
    ],
)
def test_the_field_of_an_unknown_id_is_named(client: Client, route: str, body: dict[str, Any], field: str) -> None:
    """It is the one to correct."""
    problem = assert_problem(client.post(f"{URL}/{route}", json=body), 404, "unknown-node")
    assert problem["detail"] == f"{field}: expected ids that the model knows, found 'n5'"


@pytest.mark.parametrize("typo", ["two wor", "two worlds", "Two wrods"])
def test_an_unknown_id_comes_with_what_may_be_meant(client: Client, typo: str) -> None:
    """A typo, also of another case, is led to the id."""
    [unknown] = assert_problem(client.get(f"{URL}/node", params={"node": typo}), 404, "unknown-node")["unknown"]
    assert unknown["closest"][0] == "two words"


@pytest.mark.parametrize(
    ("route", "body", "columns"),
    [
        ("scores", {"pairs": []}, ["probability", "logit", "known"]),
        ("embeddings", {"nodes": []}, ["nodes", "embeddings"]),
        ("neighbors", {"nodes": []}, ["results"]),
    ],
)
def test_an_empty_list_gets_an_empty_answer(client: Client, route: str, body: Any, columns: list[str]) -> None:
    """It is no error."""
    answer = client.post(f"{URL}/{route}", json=body).json()
    assert [answer[column] for column in columns] == [[]] * len(columns)
