"""The clients against a running service, and against answers made up."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pandas
import pytest

from latentlink import (
    APIError,
    AsyncClient,
    Client,
    ForbiddenError,
    Neighbor,
    NewNode,
    Node,
    NodeList,
    RateLimitedError,
    UnknownModelError,
    UnknownNodeError,
    UnreachableError,
)
from latentlink.client import calls
from latentlink.client.arrow import lists_of, write_ids
from latentlink.models.checkpoint import open_checkpoint, publish
from latentlink.models.inference.scoring import sigmoid
from latentlink.models.publishing.projection import principal_map
from tests.app.filters import meets
from tests.app.oracle import Search, top
from tests.e2e.service import running_service
from tests.parts import publish_parts
from tests.support import RELIABILITY, Small

SMALL = Small.random().with_columns()
IDS = SMALL.ids


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service of a small model."""
    store = tmp_path_factory.mktemp("client")
    SMALL.publish(store)
    with running_service(store) as service:
        yield service.url


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    """A client of it."""
    with Client(url) as client:
        yield client


def _probability(i: int, j: int) -> float:
    return float(sigmoid(np.array(SMALL.mu[i].astype(np.float64) @ SMALL.mu[j])))


def test_scores_are_those_of_the_vectors(client: Client) -> None:
    """One pair and many, with the known links of the graph."""
    one = client.score(IDS[3], IDS[9])
    assert one.probability == pytest.approx(_probability(3, 9), abs=1e-12)
    edges = {tuple(sorted(edge)) for edge in SMALL.edges.tolist()}
    assert one.known == ((3, 9) in edges)
    many = client.scores([(IDS[3], IDS[9]), (IDS[0], IDS[1])])
    assert many.probability.tolist() == [one.probability, client.score(IDS[0], IDS[1]).probability]
    assert many.version == client.info()["version"]
    assert many.to_pandas()[["source", "target"]].to_numpy().tolist() == [[IDS[3], IDS[9]], [IDS[0], IDS[1]]]


def test_models_that_cannot_be_loaded_have_a_reason(tmp_path: Path) -> None:
    """Beside those that are: here one whose file was lost."""
    SMALL.publish(tmp_path, "whole")
    (tmp_path / "broken" / SMALL.publish(tmp_path, "broken") / "nodes.safetensors").unlink()
    with running_service(tmp_path) as service, Client(service.url) as client:
        assert [model["name"] for model in client.models()] == ["whole"]
        degraded = client.degraded()
        assert list(degraded) == ["broken"]
        assert "nodes.safetensors" in degraded["broken"]


def test_the_map_has_every_node(client: Client) -> None:
    """In order of row, where the checkpoint has it, with how it was made."""
    answer = client.map()
    assert tuple(answer.nodes) == IDS
    assert (answer.points == principal_map(SMALL.mu)).all()
    assert answer.points.dtype == np.float32
    assert answer.method == "pca"


def test_an_explanation_adds_up(client: Client) -> None:
    """Of a model whose vectors are node embeddings alone, each end is all there is, and the score is the pair's."""
    answer = client.explanation(IDS[3], IDS[9], limit=2)
    score = client.score(IDS[3], IDS[9])
    assert (answer.probability, answer.logit, answer.known) == (score.probability, score.logit, score.known)
    assert answer.method == "contributions"
    for side, end in zip(answer.sides, (IDS[3], IDS[9]), strict=True):
        assert side.own is not None
        assert (side.node, side.own.node, side.others, side.own.features, side.exact) == (end, end, [], [], True)
        assert side.own.contribution == side.own.bias == pytest.approx(score.logit, abs=1e-5)
    linked = [{b for edge in SMALL.edges.tolist() if row in edge for b in edge} - {row} for row in (3, 9)]
    assert answer.common_neighbors[0] == len(linked[0] & linked[1])


def test_a_new_node_is_embedded(client: Client) -> None:
    """With learned embeddings that are not propagated it has none: its vector is 0 and every probability 0.5."""
    answer = client.unseen({"neighbors": [IDS[3]], "targets": [IDS[9], IDS[4]]}, k=2)
    assert answer.approximate
    assert answer.embedding.tolist() == [0] * SMALL.mu.shape[1]
    assert answer.probability is not None
    assert answer.probability.tolist() == [0.5, 0.5]
    assert answer.neighbors is not None
    assert [n.node for n in answer.neighbors] == [IDS[0], IDS[1]]
    assert answer.to_pandas()["target"].tolist() == [IDS[9], IDS[4]]
    assert client.unseen({"neighbors": [IDS[3]]}).neighbors is None


def test_several_new_nodes_are_embedded_by_name(client: Client) -> None:
    """With the links between them and the options of the call; otherwise as each would be alone."""
    given: dict[str, NewNode] = {"p": {"neighbors": [IDS[3]]}, "q": {"neighbors": [IDS[4]]}}
    together = client.unseen_together(given, [("p", "q")], targets=[IDS[9]], k=1, link_weights=[0.5])
    assert list(together) == ["p", "q"]
    alone = client.unseen({"neighbors": [IDS[4]], "targets": [IDS[9]]}, k=1)
    assert together["q"].neighbors == alone.neighbors
    assert together["q"].probability is not None
    assert together["q"].probability.tolist() == [0.5]
    explanations = client.unseen({"neighbors": [IDS[4]], "targets": [IDS[9]]}, include=["explanation"]).explanations
    assert explanations is not None
    [explanation] = explanations
    assert explanation is not None
    own = explanation.sides[0].own
    assert own is not None
    assert (explanation.method, own.node, own.stranger, own.contribution) == ("contributions", "stranger", True, 0)


def test_unknown_nodes_are_nan_on_request(client: Client) -> None:
    """In scores and in vectors; else they are an error that names them."""
    scores = client.scores([("nobody", IDS[0]), (IDS[1], IDS[0])], on_unknown="null")
    assert np.isnan(scores.probability).tolist() == [True, False]
    assert not scores.known[0]
    table = client.embeddings([IDS[2], "nobody"], on_unknown="null")
    assert table.nodes == [IDS[2], "nobody"]
    assert np.isnan(table.embeddings).all(axis=1).tolist() == [False, True]
    with pytest.raises(UnknownNodeError, match=r"404 unknown-node: .* found 'nobody'") as raised:
        client.scores([("nobody", IDS[0])])
    assert list(raised.value.closest) == ["nobody"]


def test_vectors_are_the_checkpoints(client: Client) -> None:
    """Some and all, to the bit."""
    assert client.embeddings([IDS[5], IDS[0]]).embeddings.tolist() == SMALL.mu[[5, 0]].tolist()
    table = client.embeddings()
    assert table.nodes == list(IDS)
    assert (table.embeddings == SMALL.mu).all()


def test_neighbors_are_ranked(client: Client) -> None:
    """The same for one node and for many, with options."""
    found = client.neighbors(IDS[7], k=4, known=True)
    best = np.argsort(-(SMALL.mu @ SMALL.mu[7]), kind="stable")
    assert [n.node for n in found] == [IDS[row] for row in best if row != 7][:4]
    assert client.neighbors_of([IDS[7], IDS[8]], k=4, known=True)[IDS[7]] == found
    assert [n.node for n in client.neighbors_of([IDS[7]], candidates=[IDS[1]], known=True)[IDS[7]]] == [IDS[1]]
    assert client.neighbors(IDS[7], candidates=[found[0].node], known=True) == found[:1]


def test_a_filter_is_written_as_each_request_needs_it(client: Client, url: str) -> None:
    """As text in a query, as an object in a body; both find the best of the nodes that meet it."""
    given = {"city": ["Rome", "Zürich"], "not": {"age": {"lt": 30}}}
    met = [meets(cells, given) for cells in SMALL.cells()]
    expected = [IDS[row] for row in top(SMALL, 7, Search(5, allowed=met))]

    async def ask() -> list[Neighbor]:
        async with AsyncClient(url) as other:
            return await other.neighbors(IDS[7], k=5, filter=given)

    long = {"or": [given, {"city": [f"town {i:090}" for i in range(1_000)]}]}  # longer than any address
    one, [several] = (
        client.neighbors(IDS[7], k=5, filter=given),
        client.neighbors_of([IDS[7]], k=5, filter=given).values(),
    )
    assert [neighbor.node for neighbor in one] == expected
    assert one == several == asyncio.run(ask()) == client.neighbors(IDS[7], k=5, filter=long)
    assert client.info()["columns"][0]["name"] == "city"


def test_nodes_are_found_by_prefix(client: Client) -> None:
    """Or by a part; and one of them with its links."""
    assert client.nodes("N4", limit=2) == NodeList(["n40", "n41"])
    assert client.nodes(contains="42") == NodeList(["n42"], exact=True)
    node = client.node(IDS[3])
    linked = {b if a == 3 else a for a, b in SMALL.edges.tolist() if 3 in (a, b)}
    assert (node.node, node.degree) == (IDS[3], len(linked))
    assert set(node.neighbors) <= {IDS[row] for row in linked}


def test_the_most_likely_links_are_listed(client: Client) -> None:
    """As many as are asked for, with degrees."""
    best = SMALL.best_links()
    assert [repr(client.links(limit)) for limit in (1, 2)] == ["FoundLinks(1 link)", "FoundLinks(2 links)"]
    [link] = client.links(1, include=["degrees"])
    assert (link["source"], link["target"]) == (IDS[best.sources[0]], IDS[best.targets[0]])
    assert link["probability"] == pytest.approx(_probability(best.sources[0], best.targets[0]), abs=1e-12)
    assert link["target_degree"] == sum(best.targets[0] in edge for edge in SMALL.edges.tolist())
    links = client.links(include="degrees")
    assert (len(links), links[:1]) == (len(best.sources), [link])
    assert links.to_pandas().to_dict("records") == list(links) == links.to_arrow().to_pylist()


def test_many_pairs_and_tables_are_sent_as_arrow(client: Client, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the answer that a body of JSON has; by both clients."""
    pairs = [(IDS[at], IDS[at + 1]) for at in range(20)] + [("?", IDS[0])]
    frame = pandas.DataFrame(pairs, columns=["source", "target"])
    options: dict[str, Any] = {"on_unknown": "null"}
    expected, near = client.scores(pairs, **options), client.neighbors_of(IDS[:9], k=3, filter={"city": "Rome"})
    monkeypatch.setattr(calls, "MOST_PAIRS", 5)
    monkeypatch.setattr(calls, "MOST_NODES", 5)

    async def asked() -> Any:
        async with AsyncClient(url) as other:
            return await other.scores(pairs, **options)

    table = {"source": frame["source"].tolist(), "target": frame["target"].to_numpy()}
    for found in (
        *(client.scores(given, **options) for given in (pairs, frame, table)),
        asyncio.run(asked()),
    ):
        assert found.version == expected.version
        for name, column in expected.columns().items():
            np.testing.assert_array_equal(found.columns()[name], column)
        assert found.to_pandas().equals(expected.to_pandas())
    assert client.neighbors_of(IDS[:9], k=3, filter={"city": "Rome"}) == near
    with pytest.raises(UnknownNodeError) as refused:
        client.scores(frame)
    assert "?" in refused.value.closest
    with pytest.raises(ValueError, match="expected a table with the columns source and target, found one"):
        client.scores({"one": ["a"]})


def test_a_cut_answer_of_arrow_is_an_error() -> None:
    """Without its end-of-stream marker it may lack rows."""
    whole = write_ids({"probability": ["a"]})
    with pytest.raises(ValueError, match="expected a whole Arrow stream, found one that is cut"):
        lists_of(whole[:-8])
    assert lists_of(whole) == {"probability": ["a"]}


def test_requested_annotations_are_returned(tmp_path: Path) -> None:
    """Calibrated probabilities, intervals and local evidence of one pair, of many and of neighbours, and the cut-off."""
    logvar = np.full_like(SMALL.mu, -1)
    files = SMALL._files() | {"embeddings.safetensors": {"mu": SMALL.mu, "logvar": logvar}}
    curve = {"knots": {"logit": [-3.0, 3.0], "log_odds": [-4.0, 4.0]}, "prior": 0.02, **RELIABILITY}
    publish(tmp_path, "small", SMALL.facts(model="vgae", calibration=curve), files)
    more: Any = {"include": ["calibrated", "support"], "prior": 0.1, "interval": 0.9}
    with running_service(tmp_path) as service, Client(service.url) as client:
        [best] = client.neighbors(IDS[40], k=1, **more)
        one = client.score(IDS[40], best.node, **more)
        many = client.scores([(IDS[40], best.node), ("?", IDS[0])], on_unknown="null", **more)
        assert client.thresholds("recall", 0.5)["reachable"]
    assert (best.calibrated, best.interval, best.support) == (one.calibrated, one.interval, one.support)
    assert one.support is not None
    assert one.calibrated is not None
    assert one.interval is not None
    assert one.interval.logit[0] < one.logit < one.interval.logit[1]
    assert many.calibrated is not None
    assert (many.calibrated[0], np.isnan(many.calibrated[1])) == (one.calibrated, True)
    assert many.intervals == [one.interval, None]
    assert many.supports is not None
    assert many.supports[0] == one.support


def test_a_model_that_is_not_there_is_its_own_error(url: str) -> None:
    """As are others, each with its problem."""
    with Client(url, model="other") as client, pytest.raises(UnknownModelError):
        client.info()
    with (
        Client(url) as client,
        pytest.raises(APIError, match=r"422 invalid-request: .*k: expected .*, found") as raised,
    ):
        client.neighbors(IDS[0], k=0)
    assert raised.value.request_id


CALLS: list[tuple[str, tuple[Any, ...], dict[str, int]]] = [
    ("models", (), {}),
    ("degraded", (), {}),
    ("info", (), {}),
    ("nodes", ("n4",), {}),
    ("node", (IDS[3],), {}),
    ("score", (IDS[0], IDS[1]), {}),
    ("explanation", (IDS[0], IDS[1]), {}),
    ("scores", ([(IDS[0], IDS[1])],), {}),
    ("neighbors", (IDS[0],), {"k": 3}),
    ("neighbors_of", ([IDS[0]],), {"k": 3}),
    ("unseen", ({"neighbors": [IDS[0]]},), {"k": 3}),
    ("unseen_together", ({"p": {"neighbors": [IDS[0]]}},), {"k": 3}),
    ("embeddings", (), {}),
    ("map", (), {}),
]


def test_the_asynchronous_client_answers_alike(url: str, client: Client) -> None:
    """Every call of the one is one of the other."""

    async def ask() -> list[str]:
        async with AsyncClient(url) as other:
            return [repr(await getattr(other, name)(*given, **options)) for name, given, options in CALLS]

    assert asyncio.run(ask()) == [repr(getattr(client, name)(*given, **options)) for name, given, options in CALLS]
    methods = [{name for name in vars(kind) if not name.startswith("_")} for kind in (Client, AsyncClient)]
    assert methods[0] == methods[1]


def _answering(*answers: httpx2.Response | Exception) -> tuple[httpx2.MockTransport, list[httpx2.Request]]:
    """A transport that gives these answers in turn, and the requests that it was given."""
    left, seen = list(answers), list[httpx2.Request]()

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx2.MockTransport(handle), seen


def test_members_of_newer_answers_are_left_out() -> None:
    """A service may tell more of a node, or of the list of nodes, than this client knows."""
    node = {"model": "m", "version": "v", "node": "a", "degree": 1, "neighbors": ["b"], "new": {}}
    nodes = {"model": "m", "version": "v", "prefix": "", "nodes": ["a"], "exact": False, "new": {}}
    transport, _ = _answering(httpx2.Response(200, json=node), httpx2.Response(200, json=nodes))
    with Client("http://service", transport=transport) as client:
        assert client.node("a") == Node("a", 1, ["b"])
        assert client.nodes(contains="a") == NodeList(["a"], exact=False)


def test_a_list_of_models_in_pages_is_read_to_its_end() -> None:
    """Each page begins behind the last name of the one before; the first request has no parameter, as older services want it."""
    pages = [{"models": [{"name": "a"}], "next": "a"}, {"models": [{"name": "b"}], "next": "b"}, {"models": []}]
    for kind in (Client, AsyncClient):
        transport, seen = _answering(*(httpx2.Response(200, json=page) for page in pages))
        client: Any = kind("http://service", transport=transport)
        models = asyncio.run(client.models()) if kind is AsyncClient else client.models()
        assert [model["name"] for model in models] == ["a", "b"]
        assert [request.url.query for request in seen] == [b"", b"after=a", b"after=b"]


def _busy(after: str) -> httpx2.Response:
    return httpx2.Response(503, headers={"Retry-After": after}, json={"type": "/problems/overloaded", "title": "Busy"})


def test_a_key_that_is_refused_is_its_own_error() -> None:
    """One that may not, at once; one that asks too often, once the tries are used up, with the seconds to wait."""
    forbidden = httpx2.Response(403, json={"type": "/problems/forbidden", "detail": "a scope"})
    limited = {"type": "/problems/rate-limited", "detail": "a rate", "retry_after": 7}
    transport, seen = _answering(forbidden, *[httpx2.Response(429, headers={"Retry-After": "0"}, json=limited)] * 2)
    with Client("http://service", transport=transport, retries=1) as client:
        with pytest.raises(ForbiddenError, match="403 forbidden: a scope"):
            client.models()
        with pytest.raises(RateLimitedError, match="429 rate-limited: a rate") as raised:
            client.models()
    assert (raised.value.retry_after, len(seen)) == (7, 3)


def test_a_busy_service_is_asked_again_after_the_delay_that_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """After as many seconds as `Retry-After` has, at most 30, and after a failed connection, too."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    transport, seen = _answering(
        _busy("7"), _busy("9999"), httpx2.ConnectError("gone"), httpx2.Response(200, json={"models": []})
    )
    with Client("http://service", transport=transport, key="secret") as client:
        assert client.models() == []
    assert waited == [7, 30, 0.4]
    assert {request.headers["Authorization"] for request in seen} == {"Bearer secret"}


@pytest.mark.parametrize(
    ("make", "error"), [(lambda: _busy("0"), APIError), (lambda: httpx2.ConnectError("gone"), UnreachableError)]
)
def test_tries_end(make: Callable[[], httpx2.Response | Exception], error: type[Exception]) -> None:
    """With the last outcome."""
    transport, seen = _answering(make(), make(), make())
    with Client("http://service", transport=transport, retries=1) as client, pytest.raises(error):
        client.models()
    assert len(seen) == 2


@pytest.mark.parametrize(
    "failure",
    [
        httpx2.ReadTimeout("timed out"),
        httpx2.DecodingError("bad gzip"),
        httpx2.InvalidURL("bad"),
        httpx2.ConnectError(""),
    ],
    ids=repr,
)
def test_no_error_of_the_http_library_is_seen(failure: Exception) -> None:
    """Whatever keeps an answer away is an APIError without a status, whose message names the address and the reason."""
    for kind in (Client, AsyncClient):
        transport, _ = _answering(failure)
        client: Any = kind("http://service", transport=transport, retries=0)
        with pytest.raises(UnreachableError) as raised:
            asyncio.run(client.models()) if kind is AsyncClient else client.models()
        assert str(raised.value).startswith("unreachable: expected an answer from http://service, found ")
        assert type(failure).__name__ in raised.value.detail
        assert isinstance(raised.value, APIError)
        assert (raised.value.status, raised.value.__suppress_context__) == (0, True)


@pytest.mark.parametrize("url", ["localhost:8000", "service", "ftp://service", "http://", "http://service:port", ""])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    """Before anything is sent, with an example of a right one."""
    with pytest.raises(ValueError, match=r"^url: expected an address such as http://localhost:8000, found "):
        Client(url)


@pytest.mark.parametrize("body", ["<h1>Welcome</h1>", '{"other": 1}', "[]"])
def test_another_service_is_named_as_one(body: str) -> None:
    """A successful answer that is none of Latentlink's is an APIError that shows its beginning."""
    transport, _ = _answering(httpx2.Response(200, text=body))
    with Client("http://service", transport=transport) as client, pytest.raises(APIError) as raised:
        client.models()
    shown = body.replace("<h1>", "").replace("</h1>", "")
    assert str(raised.value) == f"200 expected an answer of Latentlink, found: {shown}"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<html>\r\n<title>Too\nlarge</title><h1>a &lt; b</h1>", "Too large a < b"),
        ("<p>" + "x" * 99, "x" * 80 + "..."),
        ('{"message": "no"}', '{"message": "no"}'),
        ("[]", "[]"),
    ],
)
def test_what_is_no_problem_is_an_error_too(body: str, shown: str) -> None:
    """A proxy between may answer in HTML: status, reason and the beginning of the text are shown; only 503 is tried again."""
    transport, seen = _answering(httpx2.Response(502, text=body))
    with Client("http://service", transport=transport) as client, pytest.raises(APIError) as raised:
        client.models()
    assert str(raised.value) == f"502 Bad Gateway: {shown}"
    assert (raised.value.slug, len(seen)) == ("about:blank", 1)


def test_parts_of_logits_come_with_vectors_and_explanations(tmp_path: Path) -> None:
    """A logit is a source times a target, and the sum of the parts of its explanation; a share for each common neighbour."""
    whole = open_checkpoint(tmp_path / "small" / SMALL.publish(tmp_path))
    checkpoint = publish_parts(tmp_path, whole, "parts", dense=False)
    with running_service(tmp_path) as service, Client(service.url, model="parts") as client:
        sources, targets = (client.embeddings(IDS[:3], role=role, parts="all") for role in ("source", "target"))
        explanation = client.explanation(IDS[0], IDS[1])
        assert client.info()["parts"] == {"dense": 0, "spectral": 3, "bias": 2, "shared_links": True}
        assert client.embeddings(IDS[:1]).shared_links is None
        new = client.unseen({"neighbors": [IDS[0]], "targets": [IDS[1]]}, include=["explanation"])
    assert sources.shared_links is not None
    assert targets.shared_links is not None
    one, other = sources.shared_links[0], targets.shared_links[1]
    logit = sources.embeddings[0] @ targets.embeddings[1] + sum(one[u] * other[u] for u in one.keys() & other.keys())
    assert logit == pytest.approx(checkpoint.decoder.pair(0, 1), abs=1e-5)
    assert sum(explanation.parts.values()) == pytest.approx(explanation.logit)
    assert set(explanation.shared) == set(explanation.common_neighbors[1])
    assert explanation.sides == ()
    assert new.logit is not None
    [explained] = new.explanations or [None]
    assert explained is not None
    assert sum(explained.parts.values()) == pytest.approx(new.logit[0])
