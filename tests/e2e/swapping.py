"""Clients that ask without a pause while versions come and go, and what must be true of all their answers."""

import asyncio
import itertools
import json
import random
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import numpy as np

from latentlink.models.arrays import Float32
from latentlink.models.checkpoint.publish import move_current
from tests.support import Small

_BATCH = 40
_CORRUPT_EVERY = 5  # swaps


@dataclass
class Seen:
    """What the clients got.

    Attributes:
        seconds: of each request that was answered with 200.
        failures: every other answer, and every connection that broke.
        answers: the distinct bodies, with the version in their header and the path.
    """

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    answers: set[tuple[str, str, bytes]] = field(default_factory=set)


@dataclass
class Publisher:
    """Publishes versions of one graph, each with vectors of its own.

    Attributes:
        store: the directory of checkpoints.
        small: the graph.
        vectors: by version.
    """

    store: Path
    small: Small
    vectors: dict[str, Float32] = field(default_factory=dict)

    def publish(self) -> str:
        """A whole version, which is current at once."""
        renewed = self.small.renewed(seed=len(self.vectors))
        version = renewed.publish(self.store)
        self.vectors[version] = renewed.mu
        return version

    def publish_corrupt(self) -> None:
        """A version with one bit of its vectors turned, which becomes current at once."""
        with tempfile.TemporaryDirectory(dir=self.store.parent) as elsewhere:
            version = self.small.publish(Path(elsewhere))
            path = Path(elsewhere) / "small" / version / "embeddings.safetensors"
            content = bytearray(path.read_bytes())
            content[-1] ^= 1
            path.write_bytes(content)
            shutil.move(path.parent, self.store / "small" / version)
        move_current(self.store / "small", version)


async def swap_under_load(url: str, publisher: Publisher, *, connections: int, swaps: int, pause: float) -> Seen:
    """Ask over that many connections while the model is swapped `swaps` times, with corrupt versions between.

    Args:
        url: of a service that serves the publisher's first version.
        publisher: of the next ones.
        connections: held open all the time.
        swaps: whole versions, each of which must have answered before the next is published.
        pause: seconds between them.
    """
    async with _clients(url, publisher.small, connections) as (http, seen):
        await _until(lambda: _answers_with(max(publisher.vectors), seen))
        for swap in range(swaps):
            if swap % _CORRUPT_EVERY == _CORRUPT_EVERY // 2:
                await asyncio.to_thread(publisher.publish_corrupt)
                await _until(lambda: _degraded(http))
            version = await asyncio.to_thread(publisher.publish)
            await _until(lambda: _answers_with(version, seen))  # noqa: B023  # awaited at once
            await asyncio.sleep(pause)
    return seen


async def ask_for(url: str, publisher: Publisher, *, connections: int, seconds: float) -> Seen:
    """The same clients, for so long, while nothing is swapped."""
    async with _clients(url, publisher.small, connections) as (_, seen):
        await asyncio.sleep(seconds)
    return seen


def wrong_answers(publisher: Publisher, seen: Seen) -> list[str]:
    """Answers that are not, from the first number to the last, of the one version that header and body name."""
    return [
        f"{path} of {version}"
        for version, path, body in seen.answers
        if not _is_of(publisher, version, json.loads(body))
    ]


def _is_of(publisher: Publisher, version: str, answer: dict[str, Any]) -> bool:
    if answer["version"] != version or version not in publisher.vectors:
        return False
    z, row = publisher.vectors[version].astype(np.float64), publisher.small.ids.index
    if "embeddings" in answer:
        return np.array_equal(
            np.float32(answer["embeddings"]), publisher.vectors[version][list(map(row, answer["nodes"]))]
        )
    if "neighbors" in answer:
        found = [z[row(answer["node"])] @ z[row(neighbor["node"])] for neighbor in answer["neighbors"]]
        return np.allclose([neighbor["logit"] for neighbor in answer["neighbors"]], found, rtol=1e-9, atol=1e-12)
    return np.allclose(
        answer["logit"], [z[row(a)] @ z[row(b)] for a, b in _pairs(publisher.small)], rtol=1e-9, atol=1e-12
    )


def _pairs(small: Small) -> list[tuple[str, str]]:
    return list(itertools.pairwise(small.ids[: _BATCH + 1]))


@asynccontextmanager
async def _clients(url: str, small: Small, connections: int) -> AsyncIterator[tuple[httpx2.AsyncClient, Seen]]:
    """Clients that ask until the block ends, two more connections for the block itself, and what the clients get."""
    seen = Seen()
    async with httpx2.AsyncClient(
        base_url=url, limits=httpx2.Limits(max_connections=connections + 2), timeout=60
    ) as http:
        clients = [asyncio.create_task(_ask(http, small, seen, seed)) for seed in range(connections)]
        yield http, seen
        for client in clients:
            client.cancel()
            with suppress(asyncio.CancelledError):
                await client


async def _ask(http: httpx2.AsyncClient, small: Small, seen: Seen, seed: int) -> None:
    rng = random.Random(seed)
    under = "/v1/models/default"
    kinds: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", f"{under}/embeddings", {"json": {"nodes": small.ids[:_BATCH]}}),
        ("POST", f"{under}/scores", {"json": {"pairs": _pairs(small)}}),
        *(("GET", f"{under}/neighbors", {"params": {"node": node}}) for node in small.ids[:3]),
    ]
    while True:
        method, path, options = rng.choice(kinds)
        begun = time.perf_counter()
        try:
            response = await http.request(method, path, **options)
        except httpx2.HTTPError as error:
            seen.failures.append(repr(error))
            continue
        if response.status_code != 200:
            seen.failures.append(f"{response.status_code}: {response.text}")
            continue
        seen.seconds.append(time.perf_counter() - begun)
        seen.answers.add((response.headers["x-model"].partition("@")[2], path, response.content))


async def _degraded(http: httpx2.AsyncClient) -> bool:
    return "small" in (await http.get("/readyz")).json()["degraded"]


async def _answers_with(version: str, seen: Seen) -> bool:
    return any(found == version for found, _, _ in seen.answers)


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await holds():
            await asyncio.sleep(0.02)
