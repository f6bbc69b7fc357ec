"""Pairs read from the bytes of a body, against the body's model."""

import json
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from latentlink.app.http.pair_bodies import read_plain
from latentlink.app.schemas.requests import ScoresRequest
from latentlink.models.checkpoint import Texts
from tests.support import Client, Small, unknown_nodes

URL = "/v1/models/small/scores"
COLUMNS = ("probability", "logit", "known")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
PIECES = (
    *(
        '{"pairs":',
        '"pairs"',
        "pairs",
        "[",
        "]",
        "[[",
        "]]",
        "],[",
        "] ,[",
        "{",
        "}",
        ",",
        ", ",
        ":",
        '"',
        "\\",
        " ",
        "\n",
    ),
    *("1", "null", '"é"', '"on_unknown"', '"on_unknown":"null"', '["a","b"]', '[["a", "b"]]', '[["a","b"],["c","d"]]'),
)


def check(content: bytes) -> bool:
    """Hold what is read plainly to the model's pairs; whether it was."""
    found = read_plain(content, 10_000)
    if found is None:
        return False
    model = ScoresRequest.model_validate_json(content)
    assert isinstance(found.nodes, Texts)
    assert found.nodes.decode() == list(chain.from_iterable(model.pairs))
    assert (found.on_unknown, len(found)) == (model.on_unknown, len(model.pairs))
    return True


@settings(deadline=None, derandomize=True, max_examples=300)
@given(
    st.lists(st.tuples(TEXTS, TEXTS), max_size=5),
    st.sampled_from([{}, {"on_unknown": "null"}]),
    st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]),
    st.booleans(),
)
def test_any_body_that_is_read_plainly_is_read_as_the_model_reads_it(
    pairs: list[tuple[str, str]], more: dict[str, str], separators: tuple[str, str], last: bool
) -> None:
    """Whatever the ids, the spaces and the order of fields, the pairs are the model's; plain text is read plainly."""
    fields = more | {"pairs": pairs} if last else {"pairs": pairs} | more
    plain = check(json.dumps(fields, ensure_ascii=False, separators=separators).encode())
    simple = all(c.isprintable() and c not in '"\\' for c in "".join(chain.from_iterable(pairs)))
    assert plain or not (pairs and simple)


@settings(deadline=None, derandomize=True, max_examples=1000)
@given(st.lists(st.sampled_from(PIECES), max_size=9), st.booleans())
def test_what_is_no_body_of_pairs_is_not_read_plainly(pieces: list[str], framed: bool) -> None:
    """Pieces of bodies in any order are read as the model reads them, or left to it."""
    text = "".join(pieces)
    content = (f'{{"pairs":[["a","b"]{text}}}' if framed else text).encode()
    try:
        check(content)
    except ValidationError:
        pytest.fail(f"the model refuses {content!r}")


@pytest.mark.parametrize(
    "content",
    [
        b'{"pairs":[["a","b"]],"pairs":[["c","d"]]}',
        b'{"pairs":[["a","b"]],"pairs":[]}',
        b'{"pairs":[["a","b"]],"p\\u0061irs":[]}',
        b'{"pairs":[["a","b"],["c" ,"d"]]}',
        b'{"pairs":[["a","b"],["c"],["d","e","f"]]}',
        b'{"pairs":[["a","b\x00"]]}',
        b'{"pairs":[["a","\xff"]]}',
        b'{"pairs":[["a","b"]],"more":1}',
        b'{"pairs":[],"on_unknown":[["a","b"]]}',
        b'{"on_unknown":"[[","pairs":[["a","b"]]}',
    ],
)
def test_a_body_with_a_catch_is_left_to_the_model(content: bytes) -> None:
    """Fields that come twice, escapes, uneven spaces, control characters and bad encodings are none of its business."""
    assert read_plain(content, 10_000) is None


def test_more_pairs_than_allowed_are_left_to_the_model() -> None:
    """Two are read plainly where two may come; three are not."""
    for count in (2, 3):
        content = json.dumps({"pairs": [["a", "b"]] * count}).encode()
        assert (read_plain(content, 2) is None) == (count == 3)


def test_many_pairs_get_the_scores_of_few(client: Client, small: Small) -> None:
    """A body long enough to be read plainly, and found together, answers as single requests do."""
    ids = [node for node in small.ids if node.isprintable() and not set(node) & set('"\\')]
    pairs = [(source, target) for source in ids for target in ids]
    content = json.dumps({"pairs": pairs}, ensure_ascii=False).encode()
    assert read_plain(content, 10_000) is not None
    answer = client.post(URL, content=content).json()
    for i in range(0, len(pairs), 97):
        single = client.get("/v1/models/small/score", params={"source": pairs[i][0], "target": pairs[i][1]}).json()
        assert [answer[key][i] for key in COLUMNS] == [single[key] for key in COLUMNS]


def test_an_unknown_id_among_many_is_named(client: Client) -> None:
    """The problem of a long body names its unknown ids once each, as that of a short one."""
    response = client.post(URL, json={"pairs": [["a", "nobody"], ["🙃", "b"]] * 200})
    assert unknown_nodes(response) == ["nobody", "🙃"]
