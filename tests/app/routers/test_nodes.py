"""Ids and what is known of them, over HTTP."""

from urllib.parse import urlencode

import pytest

from tests.app.oracle import links
from tests.support import TRICKY, Client, Small, assert_problem, wrong_fields

URL = "/v1/models/small"


@pytest.mark.parametrize("prefix", ["", "N", "n1", "É", "E\u0301", "A", "日", "\u0000", "two ", "zzz", "../"])
def test_a_prefix_of_any_case_finds_its_ids(client: Client, small: Small, prefix: str) -> None:
    """All ids whose casefolded form begins with that of the prefix, sorted by their bytes."""
    answer = client.get(f"{URL}/nodes", params={"prefix": prefix, "limit": 100}).json()
    found = [node for node in small.ids if node.casefold().startswith(prefix.casefold())]
    assert (answer["prefix"], answer["nodes"]) == (prefix, sorted(found, key=lambda node: node.encode()))


@pytest.mark.parametrize("part", ["", "N", "4", "É", "b=c?", "本", "\u0000", "WORD", "n1", "zzz", "\ud800"])
def test_a_part_of_any_case_finds_its_ids(client: Client, small: Small, part: str) -> None:
    """All ids whose casefolded form contains that of the part: the same id, then those that begin with it, then the others."""
    query = urlencode({"contains": part, "limit": 100}, errors="surrogatepass")
    answer = client.get(f"{URL}/nodes?{query}")
    if part == "\ud800":
        assert_problem(answer, 400, "malformed-query")
        return
    folded = part.casefold()
    found = [node for node in small.ids if folded in node.casefold()]
    begin = sorted((node for node in found if node.casefold().startswith(folded)), key=lambda node: node.encode())
    ranked = list(dict.fromkeys([*(node for node in found if node == part), *begin, *found]))
    assert (answer.json()["contains"], answer.json()["nodes"], answer.json()["exact"]) == (part, ranked, True)


def test_a_prefix_beside_a_part_is_refused(client: Client) -> None:
    """The two contradict each other."""
    [error] = assert_problem(client.get(f"{URL}/nodes?prefix=n&contains=1"), 422, "invalid-request")["errors"]
    assert error["field"] == "contains"


def test_ten_ids_are_listed_unless_more_are_asked_for(client: Client, small: Small) -> None:
    """Without prefix and limit the first ten; with a limit that many, from 1 to 100."""
    ordered = sorted(small.ids, key=lambda node: node.encode())
    assert client.get(f"{URL}/nodes").json()["nodes"] == ordered[:10]
    assert client.get(f"{URL}/nodes?limit=1").json()["nodes"] == ordered[:1]
    for limit in (0, 101):
        assert wrong_fields(client.get(f"{URL}/nodes?limit={limit}")) == ["limit"]


@pytest.mark.parametrize("node", [*TRICKY, "n40"])
def test_a_node_has_the_links_of_the_graph(client: Client, small: Small, node: str) -> None:
    """Degree and neighbours are those of the checkpoint's edges, for any id; a node without links has none."""
    answer = client.get(f"{URL}/node", params={"node": node, "limit": 100}).json()
    linked = sorted(b for a, b in links(small.edges) if a == small.ids.index(node))
    assert (answer["node"], answer["degree"]) == (node, len(linked))
    assert answer["neighbors"] == [small.ids[row] for row in linked]


def test_a_limit_cuts_the_neighbours_and_not_the_degree(client: Client) -> None:
    """The first neighbours alone; the degree counts all of them."""
    whole = client.get(f"{URL}/node?node=a&limit=100").json()
    cut = client.get(f"{URL}/node?node=a&limit=2").json()
    assert (cut["degree"], cut["neighbors"]) == (whole["degree"], whole["neighbors"][:2])
    assert whole["degree"] > 2
