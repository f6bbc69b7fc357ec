"""The largest requests of each route, by size, for a forged graph whose hubs come first."""

import gzip
import itertools
import json
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlencode

from benchmarks._clients import get, post
from benchmarks._forged import FEATURES, NAME

UNDER = f"/v1/models/{NAME}"
SCORE = f"{UNDER}/score?source=n1000&target=n1001"
_ARROW = "application/vnd.apache.arrow.stream"


class Route(NamedTuple):
    """Requests of one kind.

    Attributes:
        name: of the kind.
        request: the bytes of the request of a size.
        most: the largest size that the default settings allow, but for the work.
    """

    name: str
    request: Callable[[int], bytes]
    most: int = 1


def routes(nodes: int, hubs: int) -> list[Route]:
    """Every route that computes, with what makes it most expensive.

    Args:
        nodes: N of the forged graph.
        hubs: its first rows.
    """
    some = [f"n{row}" for row in range(min(nodes, 10_000))]  # hubs first
    of_hubs = list(itertools.islice(itertools.cycle(itertools.combinations(some[:hubs], 2)), 100_000))
    spread = [(f"n{row % nodes}", f"n{7 * row % nodes}") for row in range(100_000)]
    one, other = of_hubs[0]
    return [
        Route("GET score, support", lambda _: _get("score", source=one, target=other, include="support")),
        Route("POST scores", lambda m: _post("scores", pairs=spread[:m]), 100_000),
        Route("POST scores, support", lambda m: _post("scores", pairs=of_hubs[:m], include=["support"]), 1_000),
        Route("GET neighbors", lambda k: _get("neighbors", node=one, k=k, exact="true"), 1_000),
        Route("GET neighbors, support", lambda k: _get("neighbors", node=one, k=k, include="support"), 1_000),
        Route("POST neighbors", lambda m: _post("neighbors", nodes=some[:m], k=100, exact=True), len(some)),
        Route(
            "POST neighbors, candidates",
            lambda m: _post("neighbors", nodes=some[:m], k=100, candidates=some, exclude=some[::2], exact=True),
            len(some),
        ),
        Route(
            "POST neighbors, support",
            lambda m: _post("neighbors", nodes=some[:m], k=10, known=True, candidates=some, include=["support"]),
            100,
        ),
        Route(
            "POST unseen, explanation", lambda m: _post("unseen", **_new(some[:m]), targets=some[:100], **_WHY), 10_000
        ),
        Route("POST unseen, linked", lambda m: _post("unseen", **_linked(m, some), targets=some[:1], **_WHY), 100),
        Route("POST unseen, k", lambda m: _post("unseen", **_linked(m, some), k=1_000), 100),
        Route(
            "POST unseen, support",
            lambda m: _post("unseen", **_new(some), targets=some[:m], include=["support"]),
            1_000,
        ),
        Route("GET explanation", lambda m: _get("explanation", source=one, target=other, limit=m), 100),
        Route("GET embeddings, JSON", lambda _: _get("embeddings")),
        Route("GET embeddings, Arrow", lambda _: get(f"{UNDER}/embeddings", accept=_ARROW)),
        Route("POST embeddings", lambda m: _post("embeddings", nodes=some[:m]), len(some)),
        Route("GET map", lambda _: _get("map")),
        Route("GET nodes, contains", lambda m: _get("nodes", contains="zz", limit=m), 100),
        Route("GET node", lambda m: _get("node", node=one, limit=m), 100),
    ]


def bodies() -> list[Route]:
    """Bodies of up to 16 MiB, plain and gzip, most of which are refused after they were read."""
    kinds: dict[str, Callable[[int], bytes]] = {
        "pairs": lambda size: _filled(b'{"pairs":[', b'["n1","n2"]', b"]}", size),
        "unknown ids": lambda size: _filled(b'{"pairs":[', b'["%s","n2"]' % (b"x" * 150), b"]}", size),
        "escaped pairs": lambda size: _filled(b'{"pairs":[', b'["\\u006e1","n2"]', b"]}", size),
        "keys": lambda size: b"{%s}" % b",".join(b'"k%d":0' % at for at in range(size // 11)),
        "lists": lambda size: b"[" * size,
        "numbers": lambda size: _filled(b'{"pairs":[', b"0", b"]}", size),
        "spaces": lambda size: b" " * size,
        "one text": lambda size: b'{"on_unknown":"%s"}' % (b"a" * (size - 20)),
    }
    return [
        Route(f"body of {name}, {coding}", lambda size, m=make, c=coding: _coded(m(size), c), 2**24)  # type: ignore[misc]
        for name, make in kinds.items()
        for coding in ("identity", "gzip")
    ]


def sizes(most: int) -> list[int]:
    """The smallest, a tenth of the largest, and the largest."""
    return sorted({1, max(1, most // 10), most})


_WHY = {"include": ["explanation"], "limit": 100}


def _new(neighbors: list[str]) -> dict[str, object]:
    return {"features": [0.1] * FEATURES, "neighbors": neighbors}


def _linked(count: int, nodes: list[str]) -> dict[str, object]:
    """New nodes that are all linked to each other, and share out the known nodes as neighbours."""
    each = len(nodes) // 100
    names = [f"new{at}" for at in range(count)]
    return {
        "strangers": [
            {"id": name, **_new([nodes[at], *nodes[each * at : each * at + each - 1]])} for at, name in enumerate(names)
        ],
        "links": list(itertools.combinations(names, 2)),
    }


def _get(route: str, **query: object) -> bytes:
    return get(f"{UNDER}/{route}?{urlencode(query)}" if query else f"{UNDER}/{route}")


def _post(route: str, **body: object) -> bytes:
    return post(f"{UNDER}/{route}", json.dumps(body).encode())


def _filled(begin: bytes, item: bytes, end: bytes, size: int) -> bytes:
    """As many items as the size has room for."""
    count = max(1, (size - len(begin) - len(end)) // (len(item) + 1))
    return begin + b",".join([item] * count) + end


def _coded(body: bytes, coding: str) -> bytes:
    return post(f"{UNDER}/scores", gzip.compress(body, 1) if coding == "gzip" else body, coding)
