"""Batches whose bodies and answers are Arrow, held to those of JSON."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from arro3.core import Array, DataType
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlink.app.http.arrow.batches import Batches
from latentlink.app.services.kept_rows import KeptRows
from latentlink.app.services.scorer import Scorer
from tests.app.arrow import ARROW, END, column, columns_of, dictionary, facts_of, pairs_stream, post, stream
from tests.support import RELIABILITY, Client, Small, assert_problem, serving, unknown_nodes, wrong_fields

SCORES, NEIGHBORS = "/v1/models/small/scores", "/v1/models/small/neighbors"
ENDS = ("source", "target")
FIELDS = ("probability", "logit", "known")
NUMBERED = Small.random()
CURVE = {"knots": {"logit": [-3.0, 3.0], "log_odds": [-4.0, 4.0]}, "prior": 0.02, **RELIABILITY}


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Models of relations, of types, and of ids that are numbers."""
    store = tmp_path_factory.mktemp("arrow")
    by_relation = [{"prior": 0.2, "knots": {"logit": [-9, 9], "log_odds": [-3, 3]}}, {"prior": 0.3}, {"prior": 0.0}]
    Small.relational().publish(store, "kg", calibration=CURVE, relation_probabilities=by_relation)
    Small.typed().publish(store, "typed")
    numbered = tuple(str(row - 5) for row in range(len(NUMBERED.mu)))
    Small(NUMBERED.mu, NUMBERED.edges, ids=numbered).publish(store, "numbers", calibration=CURVE)
    with serving(store, poll_seconds=3600) as client:
        yield client


@pytest.mark.parametrize("rows", [None, 1, 7])
def test_scores_are_those_of_json_to_the_bit(client: Client, small: Small, rows: int | None) -> None:
    """Of odd ids as well, however they are cut into batches; null for unknown ones."""
    pairs = [(small.ids[i % 60], small.ids[i * 7 % 60]) for i in range(100)] + [("?", "a"), ("a", "?")]
    expected = client.post(SCORES, json={"pairs": pairs, "on_unknown": "null"}).json()
    answer = post(client, SCORES, pairs_stream(pairs, rows), on_unknown="null")
    assert columns_of(answer) == {field: expected[field] for field in FIELDS}
    assert facts_of(answer) == {"model": "small", "version": expected["version"]}


def test_a_filter_that_takes_long_leaves_the_body(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is evaluated in a thread before the body is read; the neighbours are those of JSON."""
    made = Small.random().with_columns()
    made.publish(tmp_path, "small")
    given = {"age": {"gte": 30}}
    with serving(tmp_path) as client:
        expected = client.post(NEIGHBORS, json={"nodes": ["a"], "k": 3, "filter": given}).json()["results"][0][
            "neighbors"
        ]
        monkeypatch.setattr("latentlink.app.http.computed.AT_ONCE", 0)
        answer = post(client, NEIGHBORS, stream({"node": column(["a"])}), k=3, filter=json.dumps(given))
    assert [found["node"] for found in columns_of(answer)["neighbors"][0]] == [one["node"] for one in expected]


@pytest.mark.parametrize("kind", ["batch", "dictionary"])
def test_rows_are_counted_before_they_are_decoded(tmp_path: Path, kind: str) -> None:
    """Of dictionaries, too, which may be far larger than their batches."""
    Small.random().publish(tmp_path, "small")
    names = [str(number) for number in range(30)]
    source, few = column(names), column(["1"])
    body = {"source": source, "target": source}
    if kind == "dictionary":
        body = {"source": dictionary(names).slice(0, 1), "target": few}
    with serving(tmp_path, max_rows=20) as client:
        answer = post(client, SCORES, stream(body), on_unknown="null")
    assert "LATENTLINK_MAX_ROWS" in assert_problem(answer, 422, "invalid-request")["detail"]


@pytest.mark.parametrize(
    "kind", [DataType.utf8(), DataType.large_utf8(), DataType.string_view(), DataType.int8(), DataType.uint64(), None]
)
def test_ids_are_texts_integers_or_dictionaries(several: Client, kind: DataType | None) -> None:
    """Of any width; an integer is the text of its digits, and a long text lies elsewhere than its view."""
    names, url = ["7", "30", "7", "11"], "/v1/models/numbers/scores"
    source = dictionary(names) if kind is None else column(names).cast(kind)
    answer = columns_of(post(several, url, stream({"source": source, "target": column(names[::-1])})))
    pairs = list(zip(names, names[::-1], strict=True))
    assert answer["logit"] == several.post(url, json={"pairs": pairs}).json()["logit"]
    if kind == DataType.int8():
        negative = stream({"source": column([-5], kind), "target": column(["-4"])})
        assert len(columns_of(post(several, url, negative))["logit"]) == 1
    long = stream({"source": column(["x" * 30, "7"], DataType.string_view()), "target": column(["7", "30"])})
    assert unknown_nodes(post(several, url, long)) == ["x" * 30]


def test_an_answer_in_arrow_to_json(client: Client, several: Client) -> None:
    """By `Accept`: the same columns, with relations and calibrated probabilities."""
    body: dict[str, Any] = {"pairs": [["a", "b"], ["?", "b"]], "on_unknown": "null"}
    json = client.post(SCORES, json=body).json()
    assert columns_of(client.post(SCORES, json=body, headers={"Accept": ARROW})) == {
        name: json[name] for name in FIELDS
    }
    body |= {"relations": ["likes", "knows"], "include": ["calibrated"]}
    expected = several.post("/v1/models/kg/scores", json={**body, "relations": ["likes", "likes"]}).json()
    answer = several.post(
        "/v1/models/kg/scores", json={**body, "relations": ["likes", "likes"]}, headers={"Accept": ARROW}
    )
    assert columns_of(answer) == {name: expected[name] for name in (*FIELDS, "calibrated", "priors")}


def test_calibrated_probabilities_and_relations(several: Client) -> None:
    """Of one relation for all in the query, or of a column of them; null for known links."""
    ids = Small.relational().ids
    pairs, url = [(ids[i], ids[i + 1]) for i in range(20)], "/v1/models/kg/scores"
    options = {"include": "calibrated", "prior": "0.1"}
    one = several.post(url, json={"pairs": pairs, "relation": "likes", "include": ["calibrated"], "prior": 0.1}).json()
    answer = post(several, url, pairs_stream(pairs), relation="likes", **options)
    assert columns_of(answer) == {name: one[name] for name in (*FIELDS, "calibrated")}
    assert (facts_of(answer)["relation"], facts_of(answer)["prior"]) == ("likes", "0.1")
    relations = ["likes", "ä b"] * 10
    ends = {"source": column([one for one, _ in pairs]), "target": column([other for _, other in pairs])}
    columns = stream({**ends, "relation": dictionary(relations)}, 3)
    each = several.post(url, json={"pairs": pairs, "relations": relations, "include": ["calibrated"]}).json()
    names = (*FIELDS, "calibrated", "priors")
    assert columns_of(post(several, url, columns, include="calibrated")) == {name: each[name] for name in names}
    assert wrong_fields(post(several, url, columns, relation="likes")) == ["relation"]
    assert wrong_fields(post(several, url, pairs_stream(pairs))) == ["relation"]
    assert wrong_fields(post(several, url, pairs_stream([]))) == ["relation"]


@pytest.mark.parametrize("options", [{}, {"exact": "true", "known": "true", "min_probability": "0.6"}])
def test_neighbors_are_those_of_json_to_the_bit(client: Client, small: Small, options: dict[str, str]) -> None:
    """A row for each node, with the list of its neighbours; null where it is unknown."""
    nodes = [*small.ids[:30], "?"]
    typed = {"exact": True, "known": True, "min_probability": 0.6} if options else {}
    json = client.post(NEIGHBORS, json={"nodes": nodes, "k": 5, "on_unknown": "null", **typed}).json()["results"]
    answer = post(client, NEIGHBORS, stream({"node": column(nodes)}, 4), k="5", on_unknown="null", **options)
    columns = columns_of(answer)
    assert columns["neighbors"] == [result and result["neighbors"] for result in json]
    assert columns["exact"] == [result and result["exact"] for result in json]
    assert columns["node"] == [*nodes[:-1], None]
    assert facts_of(answer)["k"] == "5"
    body = {"nodes": nodes, "k": 5, "on_unknown": "null", **typed}
    assert columns_of(client.post(NEIGHBORS, json=body, headers={"Accept": ARROW})) == columns


def test_nodes_of_types_have_neighbors_of_types(several: Client) -> None:
    """The type of each node and of each neighbour; a pair of types that may not be linked is named by its row."""
    url, ids = "/v1/models/typed/neighbors", ["a", "user7"]
    json = several.post(url, json={"nodes": ids, "type": "user", "target_type": "item", "k": 3}).json()["results"]
    columns = columns_of(post(several, url, stream({"node": column(ids)}), type="user", target_type="item", k="3"))
    assert columns["neighbors"] == [result["neighbors"] for result in json]
    assert columns["type"] == ["user", "user"]
    pairs = pairs_stream([("a", "b"), ("a", "b"), ("b", "c")], 2)
    assert wrong_fields(post(several, "/v1/models/typed/scores", pairs)) == ["pairs.2"]


def test_an_empty_stream_has_an_empty_answer(client: Client) -> None:
    """With its columns: a schema and no batch, or an empty one."""
    assert columns_of(post(client, SCORES, pairs_stream([]))) == {field: [] for field in FIELDS}
    assert columns_of(post(client, NEIGHBORS, stream({"node": column([])}))) == {
        "node": [],
        "exact": [],
        "neighbors": [],
    }


def test_unknown_ids_are_named(client: Client) -> None:
    """As JSON's are, with the column that has them."""
    answer = post(client, SCORES, pairs_stream([("a", "b"), ("a", "?"), ("a", "!")]))
    assert unknown_nodes(answer) == ["?", "!"]
    assert answer.json()["detail"].startswith("target: expected ids that the model knows, found '?'")


def _wrong() -> dict[str, tuple[bytes, int, str]]:
    whole = pairs_stream([("a", "b")] * 9, 3)
    both = {"source": column(["a"]), "target": column(["b"])}
    return {
        "json": (b'{"pairs": []}', 400, "an Arrow IPC stream, found one that begins with"),
        "a file": (b"ARROW1\0\0" + whole, 400, "write the streaming format, not a file"),
        "nothing": (b"", 400, "found one that is cut"),
        "no schema": (END, 400, "with a schema, found an empty one"),
        "no end": (whole.removesuffix(END), 400, "up to its end-of-stream marker, found one that is cut"),
        "a cut batch": (whole[:-50], 400, "found one that is cut within a message"),
        "more": (whole + b"x", 400, "nothing behind the end"),
        "two schemas": (whole.removesuffix(END) + whole, 400, "one schema, before all else"),
        "another column": (stream({**both, "label": column(["x"])}), 422, "and perhaps 'relation', found 'source', "),
        "a missing one": (stream({"source": column(["a"])}), 422, "the columns 'source', 'target'"),
        "fractions": (
            stream({**both, "source": column([0.5], DataType.float64())}),
            422,
            "found another type, number 3 of",
        ),
        "a null": (stream({**both, "source": column([None])}), 422, "found null in row 0"),
        "compression": (stream(both, compression="LZ4"), 422, "without compression"),
    }


@pytest.mark.parametrize("case", _wrong())
def test_what_is_wrong_is_named(client: Client, case: str) -> None:
    """Before there is an answer, with what to do."""
    content, status, detail = _wrong()[case]
    problem = assert_problem(
        post(client, SCORES, content), status, "malformed-body" if status == 400 else "invalid-request"
    )
    assert detail in problem["detail"]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"on_unknown": "maybe"}, "on_unknown"),
        ({"include": "support"}, "include"),
        ({"interval": "0.9"}, "interval"),
        ({"prior": "0.1"}, "prior"),
        ({"pairs": "a"}, "pairs"),
        ({"relations": "a"}, "relations"),
        ({"on_unknown": ["null", "error"]}, "on_unknown"),
    ],
)
def test_a_wrong_option_is_named(client: Client, params: dict[str, Any], field: str) -> None:
    """Unknown, repeated, or of answers in JSON alone."""
    assert wrong_fields(post(client, SCORES, pairs_stream([("a", "b")]), **params)) == [field]


def test_a_model_without_a_calibration_is_none_for_arrow_either(client: Client) -> None:
    """Before there is an answer."""
    answer = post(client, SCORES, pairs_stream([("a", "b")]), include="calibrated")
    assert_problem(answer, 409, "unsupported-by-model")


@pytest.mark.parametrize("url", [SCORES, NEIGHBORS])
def test_a_missing_calibration_is_found_before_the_body(client: Client, url: str) -> None:
    """Of which nothing is read: what is no Arrow at all is not seen, whatever the prior."""
    for prior in ({}, {"prior": "0.1"}):
        assert_problem(post(client, url, b"{}", include="calibrated", **prior), 409, "unsupported-by-model")
    assert_problem(post(client, url, b"{}"), 400, "malformed-body")


def test_texts_that_rows_share_are_work_of_each_row(tmp_path: Path, small: Small) -> None:
    """A text of a dictionary in 200 rows counts 200 times, and all of them are not in memory at once."""
    small.publish(tmp_path)
    long = "x" * 2**20
    body = stream({"source": dictionary([long] * 200), "target": dictionary(["a"] * 200)})
    with serving(tmp_path, max_work=100) as client:
        answer = post(client, SCORES, body, on_unknown="null")
        assert "LATENTLINK_MAX_WORK" in assert_problem(answer, 422, "invalid-request")["detail"]
    with serving(tmp_path, max_work=1_000) as client:
        assert columns_of(post(client, SCORES, body, on_unknown="null"))["logit"] == [None] * 200


def test_many_rows_are_read_and_kept_in_a_thread(client: Client, small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their number decides, not the bytes: 20,000 places in a dictionary are 20 kB."""
    on_loop = list[bool]()

    def noted(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            on_loop.append(asyncio._get_running_loop() is not None)
            return method(*arguments)

        return call

    names = [small.ids[i % 60] for i in range(20_000)]
    body = stream({end: dictionary(names) for end in ENDS})
    assert len(body) < 100_000
    dictionaries = Batches._read_dictionary
    monkeypatch.setattr(Batches, "_ids", noted(Batches._ids))
    monkeypatch.setattr(Batches, "_read_dictionary", lambda *arguments: _quietly(on_loop, dictionaries, *arguments))
    monkeypatch.setattr(KeptRows, "add", noted(KeptRows.add))
    monkeypatch.setattr(Scorer, "scoring_work", noted(Scorer.scoring_work))
    assert len(columns_of(post(client, SCORES, body))["logit"]) == 20_000
    assert on_loop == [False] * 4  # two columns, their rows, and the work


def _quietly(noted: list[bool], method: Callable[..., Any], *arguments: Any) -> None:
    """Call a method, and forget what is noted meanwhile."""
    before = len(noted)
    method(*arguments)
    del noted[before:]


def test_dictionaries_have_room_for_what_is_made_of_them(
    tmp_path: Path, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of 2,000 integers, 32 kB, become 148 kB, which do not fit beside others; the same integers alone do."""
    monkeypatch.setattr("latentlink.app.services.room._AT_ONCE", 1)
    small.publish(tmp_path)
    numbers = column(list(range(2_000)), DataType.int64())
    coded = numbers.cast(DataType.dictionary(DataType.int16(), DataType.int64()))
    with serving(tmp_path, max_body_bytes=60_000) as client:
        assert_problem(post(client, SCORES, stream(dict.fromkeys(ENDS, coded)), on_unknown="null"), 503, "overloaded")
        plain = post(client, SCORES, stream(dict.fromkeys(ENDS, numbers)), on_unknown="null")
        assert len(columns_of(plain)["logit"]) == 2_000


def test_the_query_of_json_stays_closed(client: Client) -> None:
    """An option beside a body of JSON would be lost in silence."""
    answer = client.post(SCORES, json={"pairs": []}, params={"on_unknown": "null"})
    assert wrong_fields(answer) == ["on_unknown"]


def test_arrow_is_answered_with_arrow(client: Client) -> None:
    """Whoever accepts JSON alone is refused."""
    headers = {"Content-Type": ARROW, "Accept": "application/json"}
    assert_problem(client.post(SCORES, content=pairs_stream([]), headers=headers), 406, "not-acceptable")
    with_charset = {"Content-Type": f"{ARROW}; charset=utf-8"}
    assert_problem(client.post(SCORES, content=b"", headers=with_charset), 415, "unsupported-media-type")


def test_limits_are_of_rows_of_batches_and_of_work(tmp_path: Path, small: Small) -> None:
    """`max_rows` in all, `max_body_bytes` in a batch; a body may be larger than that."""
    small.publish(tmp_path)
    limits = {"max_rows": 500, "max_body_bytes": 2_000, "max_pairs": 3}
    with serving(tmp_path, **limits) as client:
        pairs = [("a", "b")] * 400
        assert len(pairs_stream(pairs, 40)) > 2_000
        assert len(columns_of(post(client, SCORES, pairs_stream(pairs, 40)))["logit"]) == 400
        assert_problem(post(client, SCORES, pairs_stream(pairs)), 413, "too-large")
        assert wrong_fields(post(client, SCORES, pairs_stream([*pairs, *pairs], 40))) == ["body"]
        assert_problem(post(client, SCORES, stream(dict.fromkeys(ENDS, dictionary(["x" * 990] * 3)))), 413, "too-large")
    with serving(tmp_path, max_work=100) as client:
        assert wrong_fields(post(client, SCORES, pairs_stream([("a", "b")] * 100_000, 10_000))) == ["body"]


WHOLE = {
    "texts": pairs_stream([("a", "b"), ("b", "c"), ("c", "ünï")], 2),
    "dictionaries": stream({"source": dictionary(["a", "b", "a"]), "target": dictionary(["b", "c", "c"])}, 2),
    "views": stream({name: Array(["a" * 20, "b"], DataType.string_view()) for name in ENDS}),
    "integers": stream({name: column([1, 2, 3], DataType.int32()) for name in ENDS}),
}


@settings(deadline=None, derandomize=True, max_examples=150)
@given(
    st.sampled_from(sorted(WHOLE)),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=4),
    st.none() | st.integers(0, 4000),
)
def test_damaged_streams_are_refused_or_answered(
    client: Client, which: str, flipped: list[tuple[int, int]], cut: int | None
) -> None:
    """Whatever bytes are changed or cut off: a problem of the client's, or scores, and never a failure of the service."""
    content = bytearray(WHOLE[which])
    for place, byte in flipped:
        content[place % len(content)] = byte
    answer = post(client, SCORES, bytes(content[:cut]), on_unknown="null")
    assert answer.status_code in (200, 400, 413, 422)
    if answer.status_code == 200:
        columns_of(answer)
    else:
        assert answer.headers["content-type"] == "application/problem+json"
