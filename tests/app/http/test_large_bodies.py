"""Large bodies, read in pieces, against one call of a parser of JSON and against the same body when it is small."""

import gc
import json
from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import from_json

from latentlink.app.errors import InvalidRequestError, MalformedBodyError, ServiceError
from latentlink.app.http import json_marks, large_bodies
from latentlink.app.http.bodies import repeated_key
from latentlink.app.http.json_marks import Most
from latentlink.app.http.large_bodies import PIECE, read_in_pieces
from latentlink.app.http.requests import JSONBody
from latentlink.app.schemas.requests import Body, EmbeddingsRequest, NeighborsRequest, ScoresRequest
from latentlink.app.schemas.unseen import UnseenRequest
from latentlink.app.settings import Settings
from tests.support import case

SETTINGS = Settings()
MOST = Most.of(SETTINGS)
TEXTS = st.text(st.sampled_from('ab,:[]{}"\\ \n\u00e9\u0000😀'), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)
PIECES = (
    *'[]{},:"\\ 1a\n\t',
    "[[",
    "]]",
    '"a"',
    '"a":',
    '"\\\\"',
    '"\\""',
    "null",
    "NaN",
    "1e400",
    "\v",
    "\\u0061",
    '"b":[1,2]',
)


@pytest.fixture
def crumbs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pieces and blocks be a few bytes, so that small texts are divided everywhere."""
    monkeypatch.setattr(large_bodies, "PIECE", 4)
    monkeypatch.setattr(json_marks, "_BLOCK", 7)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes of each call of the parser."""
    calls: list[int] = []

    def parse(piece: bytes, **options: bool) -> Any:
        calls.append(len(piece))
        return from_json(piece, **options)

    monkeypatch.setattr(large_bodies, "from_json", parse)
    return calls


def in_one(content: bytes) -> tuple[object, bool] | None:
    """The value, and whether a key comes twice; None for what is no JSON."""
    try:
        return from_json(content, allow_inf_nan=False), repeated_key(content) is not None
    except ValueError:
        return None


def in_crumbs(content: bytes) -> tuple[object, bool] | None:
    """The same of the tested function."""
    try:
        value, key = read_in_pieces(content, MOST)
    except MalformedBodyError:
        return None
    return value, key is not None


@pytest.mark.usefixtures("crumbs")
def test_a_value_is_the_same_however_it_is_divided() -> None:
    """Whatever it holds, and however it is written."""

    @settings(deadline=None, derandomize=True, max_examples=200)
    @given(VALUES, st.booleans(), st.sampled_from([None, 1, "\t"]))
    def check(value: object, escaped: bool, indent: int | str | None) -> None:
        content = json.dumps(value, ensure_ascii=escaped, indent=indent).encode()
        assert in_crumbs(content) == in_one(content) == (value, False)

    check()


@pytest.mark.usefixtures("crumbs")
def test_what_is_no_json_is_none_however_it_is_divided() -> None:
    """Pieces of JSON in any order are refused, or read as one call of the parser reads them; so are keys that come twice."""

    @settings(deadline=None, derandomize=True, max_examples=1000)
    @given(
        st.lists(st.sampled_from(PIECES), max_size=14), st.sampled_from(["{}", "[{}]", '{{"a":{},"b":1}}', "[[{}],2]"])
    )
    def check(pieces: list[str], frame: str) -> None:
        content = frame.replace("{}", "".join(pieces), 1).encode()
        assert in_crumbs(content) == in_one(content)

    check()


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ('{"a":1,"b":2,"a":3}', "a"),
        ('{"a":[1,2,3],"b":[1,2,3],"\\u0061":[1,2,3]}', "a"),
        ('[{"a":{"b":1,"c":[1,2,3],"b":2}},{"a":1}]', "b"),
        ('[{"a":1},{"a":1}]', None),
        ('{"a":{"a":{"a":[1,2,3]}},"b":{"a":1}}', None),
    ],
)
@pytest.mark.usefixtures("crumbs")
def test_a_key_of_one_object_is_found_twice(content: str, key: str | None) -> None:
    """Written with escapes, in distant pieces, or inside of others; keys of different objects may be the same."""
    assert read_in_pieces(content.encode(), MOST)[1] == key


def outcome(model: type[Body], content: bytes) -> object:
    """The body, or the kind of its refusal and the fields."""
    try:
        return JSONBody(model).validate(content, SETTINGS)
    except InvalidRequestError as error:
        return error.errors
    except ServiceError as error:
        return type(error)


@pytest.mark.parametrize(
    "content",
    [
        *('{"pairs":[["a","b"]],"prior":1,"include":["support"]}', '{"pairs":[["a"]]}', '{"pairs":[["a",1]]}'),
        *('{"pairs":["ab"]}', '{"pairs":{"0":["a","b"]}}', '{"pairs":[["a","b"]],"prior":0.5,"on_unknown":"null"}'),
        *(
            '{"nodes":["a"],"k":10.0}',
            '{"nodes":["a"],"k":true}',
            '{"nodes":["a",7]}',
            '{"nodes":"a"}',
            '{"nodes":null}',
        ),
        *(
            '{"nodes":[],"nodes":["a"]}',
            '{"nodes":[1],"nodes":["a"]}',
            '{"nodes":["a"],"more":[{}]}',
            "{}",
            "[]",
            "1",
            '"a"',
        ),
        *('{"features":[1,2.5,1e400]}', '{"features":{"a":1e400,"b":["c"],"d":null}}', '{"features":{"a":{"b":1}}}'),
        *('{"features":{"a":1,"a":2}}', '{"features":["a"]}', '{"features":7}', '{"neighbors":["a"],"weights":[1,0]}'),
        *('{"strangers":[{"id":"a","neighbors":["b"]},{"id":1}]}', '{"strangers":[{"id":"a","features":{"a":[1]}}]}'),
        *(
            '{"links":[["a","b"],["a"]],"link_weights":[1e-300]}',
            '{"links":[[["a"],"b"]]}',
            '{"prior":NaN}',
            '{"k":null}',
        ),
        *('{"nodes":["\\ud800"]}', '{"nodes":["\x00"]}', '{"nodes":["a"],}', "{", "", '{"k":' + "9" * 900 + "}"),
    ],
)
def test_a_large_body_is_read_as_a_small_one(content: str) -> None:
    """With spaces that make it large, a body is read, or refused in the same words, as without them."""
    small, spaces = content.encode(), b" " * PIECE
    for model in (ScoresRequest, EmbeddingsRequest, NeighborsRequest, UnseenRequest):
        with case(model.__name__):
            expected = outcome(model, small)
            assert outcome(model, spaces + small) == outcome(model, small + spaces) == expected
            assert outcome(model, b",".join(part + spaces for part in small.split(b","))) == expected


@pytest.mark.parametrize(
    "content",
    [
        b'{"pairs":[' + b",".join([b'["\\u00e9\\u00e9","' + b"b" * 40 + b'"]'] * 80_000) + b"]}",
        b'{"features":{' + b",".join(b'"%d":["\\u00e9","b"]' % at for at in range(80_000)) + b"}}",
        b'[{"a":[' * 60 + b",".join([b'"%s"' % (b"x" * 200_000)] * 9) + b"]}]" * 60,
    ],
)
def test_no_call_of_the_parser_gets_more_than_a_piece(parsed: list[int], content: bytes) -> None:
    """Of long lists, large objects and values deep within others, 256 KiB at most and their brackets; all are read."""
    assert read_in_pieces(content, MOST)[0] == json.loads(content)
    assert max(parsed) <= 2**18 + 2


def test_a_long_text_is_refused(parsed: list[int]) -> None:
    """A quarter of a mebibyte is read, and one byte more is not."""
    for length in (2**18, 2**18 + 1):
        with pytest.raises(InvalidRequestError) if length > 2**18 else nullcontext():
            read_in_pieces(b'{"a":"' + b"x" * (length - 2) + b'"}', MOST)
    assert max(parsed) == 2**18


@pytest.mark.parametrize("escape", ["", "\\\\", '\\"', '\\\\\\"', "\\u0022:"])
@pytest.mark.parametrize(("count", "refused"), [(102_000, False), (102_001, True)])
def test_keys_are_counted_outside_of_strings(escape: str, count: int, refused: bool) -> None:
    """As many as a reader of JSON finds, whatever strings hold and wherever blocks of a mebibyte end; one more is refused."""
    content = "{" + ",".join(f'"{i}{escape}:": "a:{escape}"' for i in range(count)) + "}"
    assert len(json.loads(content)) == count
    with pytest.raises(InvalidRequestError) if refused else nullcontext():
        assert len(read_in_pieces(content.encode(), MOST)[0]) == count  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("item", "count"), [(b"1", 1_500_000), (b"[]", 120_000), (b'{"":{}}', 102_001), (b'["a","b"]', 120_000)]
)
def test_more_than_any_request_needs_is_refused_unparsed(parsed: list[int], item: bytes, count: int) -> None:
    """Values, lists or keys are counted, and no object is made of any."""
    with pytest.raises(InvalidRequestError):
        read_in_pieces(b'{"pairs":[' + b",".join([item] * count) + b"]}", MOST)
    assert not parsed


@pytest.mark.parametrize("number", [b"9" * 2_000, b"-0." + b"9" * 2_000, b"1e" + b"0" * 2_000])
def test_numbers_of_thousands_of_digits_are_refused_unparsed(parsed: list[int], number: bytes) -> None:
    """Wherever they stand; as many digits in a text are fine."""
    for before in (b"", b" " * 517, b'"' + number + b'",'):
        with pytest.raises(InvalidRequestError, match="at most 1,000 digits"):
            read_in_pieces(b"[" + before + number + b"]", MOST)
    assert not parsed
    assert read_in_pieces(b'["' + number + b'", 1.5]', MOST)[0] == [number.decode(), 1.5]


def test_an_operator_who_allows_more_gets_more() -> None:
    """As many pairs as the setting allows are read, where the default refuses them."""
    content = b'{"pairs":[' + b",".join([b'["a","b"]'] * 150_000) + b"]}"
    assert len(JSONBody(ScoresRequest).validate(content, Settings(max_pairs=150_000)).pairs) == 150_000
    with pytest.raises(InvalidRequestError):
        JSONBody(ScoresRequest).validate(content, Settings())


def test_the_search_for_cycles_goes_on_after_a_body() -> None:
    """It is paused while a body is read, whether it is refused or not, and stays off where it was off."""
    for content in (b'{"nodes":[' + b" " * PIECE + b"]}", b"[" * PIECE * 2):
        outcome(EmbeddingsRequest, content)
        assert gc.isenabled()
