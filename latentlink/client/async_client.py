"""The client that awaits: each method a call of `latentlink.client.calls`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, Unpack

import httpx2

from latentlink.client import calls
from latentlink.client.answers import Neighbors, Score, Scores
from latentlink.client.calls import Call, T
from latentlink.client.errors import Outcome, give_up, read_answer
from latentlink.client.explanations import Explanation
from latentlink.client.facts.model import ModelInfo, ModelSummary
from latentlink.client.facts.probabilities import Threshold
from latentlink.client.ids import Frame
from latentlink.client.links import POLLED, FoundLinks, Job, has_ended
from latentlink.client.new_nodes import NewNode, NewNodeQuery, Unseen
from latentlink.client.nodes import Node, NodeList
from latentlink.client.options import (
    LinksOptions,
    NewNodeOptions,
    NewNodesOptions,
    NodeOptions,
    PairTypes,
    ScoreOptions,
    ScoresOptions,
    SearchOptions,
    VectorOptions,
)
from latentlink.client.settings import Settings
from latentlink.client.vectors import Map, Table


class AsyncClient(Settings):
    """A client that awaits; an asynchronous context manager, or closed by `close`."""

    __doc__ = f"{__doc__}\n\n{Settings.__doc__}"

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self._http = httpx2.AsyncClient(**self._options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def models(self) -> list[ModelSummary]:
        """The served models, by name."""
        found: list[ModelSummary] = []
        after: str | None = ""
        while after is not None:
            page = await self._send(calls.models(after))
            found, after = found + page.models, page.next
        return found

    async def degraded(self) -> dict[str, str]:
        """The models whose current version can't be loaded, each with the reason."""
        return await self._send(calls.degraded())

    async def info(self) -> ModelInfo:
        """The model's config, metrics and provenance."""
        return await self._send(calls.info(self.model))

    async def nodes(self, prefix: str = "", limit: int = 10, *, contains: str | None = None) -> NodeList:
        """Ids that begin with `prefix`, or that contain `contains`, in any case."""
        return await self._send(calls.nodes(self.model, prefix, limit, contains))

    async def node(self, name: str | int, limit: int = 10, **options: Unpack[NodeOptions]) -> Node:
        """A node's degree and up to `limit` known neighbours."""
        return await self._send(calls.node(self.model, name, limit, options))

    async def score(self, source: str | int, target: str | int, **options: Unpack[ScoreOptions]) -> Score:
        """How likely one link is."""
        return await self._send(calls.score(self.model, source, target, options))

    async def explanation(
        self, source: str | int, target: str | int, limit: int = 10, **options: Unpack[PairTypes]
    ) -> Explanation:
        """Why a pair has its logit: the contributions of up to `limit` nodes around each end."""
        return await self._send(calls.explanation(self.model, source, target, limit, options))

    async def scores(
        self,
        pairs: Sequence[tuple[str | int, str | int]] | Frame,
        on_unknown: str = "error",
        **options: Unpack[ScoresOptions],
    ) -> Scores:
        """How likely many links are; with `on_unknown="null"` NaN for pairs with an unknown node.

        A table of the columns `source` and `target` is sent as Arrow, and so are more than 100,000 pairs.
        """
        return await self._send(calls.scores(self.model, pairs, on_unknown, options))

    async def thresholds(self, target: str, value: float, *, relation: str | None = None) -> Threshold:
        """The cut-off that reaches a `precision`, a `recall` or a number of missing `links`, and the pairs above it."""
        return await self._send(calls.thresholds(self.model, target, value, relation))

    async def links(self, limit: int = 100, include: str | Sequence[str] = ()) -> FoundLinks:
        """The most likely missing links of the graph, at most 1,000; `search_links` finds more.

        `include=["degrees"]` adds those of both ends.
        """
        return await self._send(calls.links(self.model, limit, include))

    async def search_links(
        self, *, on_progress: Callable[[Job], object] | None = None, **options: Unpack[LinksOptions]
    ) -> FoundLinks:
        """Find the most likely missing links of the whole graph, as a job of the service, and await them.

        Args:
            on_progress: called at each look at the job, once a second.
            options: those of `POST …/links:search`.

        Raises:
            APIError: as other calls, or the job failed.
        """
        job = await self._send(calls.search_links(self.model, options))
        while not has_ended(job):
            if on_progress is not None:
                on_progress(job)
            await asyncio.sleep(POLLED)
            job = await self._send(calls.job(job["id"]))
        return await self._send(calls.found_links(job["id"]))

    async def neighbors(self, name: str | int, **options: Unpack[SearchOptions]) -> Neighbors:
        """The top k predicted neighbours of a node, the likeliest first."""
        return await self._send(calls.neighbors(self.model, name, options))

    async def neighbors_of(self, names: Sequence[str | int], **options: Unpack[SearchOptions]) -> dict[str, Neighbors]:
        """The same for many nodes, by node."""
        return await self._send(calls.neighbors_of_many(self.model, names, options))

    async def unseen(self, new_node: NewNodeQuery, **options: Unpack[NewNodeOptions]) -> Unseen:
        """The vector and scores of a new node, absent from the training graph; with `k` its predicted neighbours."""
        return await self._send(calls.unseen(self.model, new_node, options))

    async def unseen_together(
        self,
        new_nodes: Mapping[str, NewNode],
        links: Sequence[tuple[str, str]] = (),
        **options: Unpack[NewNodesOptions],
    ) -> dict[str, Unseen]:
        """The same for several new nodes, by names of this call; `links` are between them."""
        return await self._send(calls.unseen_together(self.model, new_nodes, links, options))

    async def embeddings(
        self, names: Sequence[str | int] | None = None, on_unknown: str = "error", **options: Unpack[VectorOptions]
    ) -> Table:
        """Vectors of some nodes, or of all: targets of logits, or with `role="source"` what is multiplied by them."""
        return await self._send(calls.embeddings(self.model, names, on_unknown, options))

    async def map(self) -> Map:
        """All nodes in a plane, for a picture."""
        return await self._send(calls.map_(self.model))

    async def activate(self, version: str) -> None:
        """Make `version` the model's current one; needs an admin key."""
        await self._send(calls.activate(self.model, version))

    async def _send(self, call: Call[T]) -> T:
        for tried in range(self._retries + 1):
            outcome = await self._try(call)
            if isinstance(outcome, httpx2.Response) and outcome.is_success:
                return read_answer(call.read, outcome)
            if (pause := self._pause(tried, outcome)) is None:
                give_up(self._url, outcome)
            await asyncio.sleep(pause)
        raise AssertionError

    async def _try(self, call: Call[T]) -> Outcome:
        try:
            return await self._http.request(call.method, call.path, **call.sent())
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            return error
