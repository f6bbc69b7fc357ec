"""Every call of the API once: its request, and the function that reads its answer; both clients send it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import httpx2
import numpy as np

from latentlink.client.answers import (
    Neighbors,
    Score,
    Scores,
    neighbors_of,
    score_of,
    scores_of,
    streamed_scores_of,
)
from latentlink.client.arrow import ARROW, lists_of, write_ids
from latentlink.client.explanations import Explanation, explanation_of
from latentlink.client.facts.model import ModelInfo, ModelPage
from latentlink.client.facts.probabilities import Threshold
from latentlink.client.ids import ends_of, id_of, is_table, texts
from latentlink.client.links import FoundLinks, Job
from latentlink.client.new_nodes import Unseen, unseen_of
from latentlink.client.nodes import Node, NodeList, node_of
from latentlink.client.options import in_body, in_query, several
from latentlink.client.vectors import Map, Table, table_of

T = TypeVar("T")

_OF_BODIES = {"candidates", "exclude", "on_unknown"}  # options of a search that a query has not
_IN_JSON = {"interval"}  # options that no answer of Arrow has, beside support of a few
MOST_PAIRS, MOST_NODES = 100_000, 10_000  # of a body of JSON, unless the service has other limits
LONGEST_QUERY = 4_000  # characters: many proxies refuse addresses of 8 KiB


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request, and how its answer is read."""

    method: str
    path: str
    read: Callable[[httpx2.Response], T]
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def sent(self) -> dict[str, Any]:  # of several types
        """What a client of httpx2 sends beside the method and the path."""
        return {"params": self.params, "json": self.json, "content": self.content, "headers": self.headers}


def models(after: str) -> Call[ModelPage]:
    """The served models behind a name, or all; if there are very many, the first of them."""

    def read(response: httpx2.Response) -> ModelPage:
        answer = response.json()
        return ModelPage(answer["models"], answer.get("next"))

    return Call("GET", "/v1/models", read, {"after": after} if after else {})


def degraded() -> Call[dict[str, str]]:
    """The models that can't be loaded."""
    return Call("GET", "/v1/models", lambda r: r.json()["degraded"])


def info(model: str) -> Call[ModelInfo]:
    """Config, metrics and provenance."""
    return Call("GET", _path(model), lambda r: r.json())


def nodes(model: str, prefix: str, limit: int, contains: str | None) -> Call[NodeList]:
    """Ids that begin with a prefix, or contain a text."""

    def read(response: httpx2.Response) -> NodeList:
        answer = response.json()
        return NodeList(answer["nodes"], answer.get("types"), answer.get("exact", True))

    query = {"prefix": prefix} if contains is None else {"prefix": prefix, "contains": contains}
    return Call("GET", _path(model, "nodes"), read, {**query, "limit": limit})


def node(model: str, name: str | int, limit: int, options: Mapping[str, Any]) -> Call[Node]:
    """A node's degree and some of its neighbours."""
    return Call(
        "GET", _path(model, "node"), lambda r: node_of(r.json()), {"node": id_of(name), "limit": limit, **options}
    )


def score(model: str, source: str | int, target: str | int, options: Mapping[str, Any]) -> Call[Score]:
    """One pair."""
    params = {"source": id_of(source), "target": id_of(target), **options}
    return Call("GET", _path(model, "score"), lambda r: Score(**score_of(r.json())), params)


def thresholds(model: str, target: str, value: float, relation: str | None) -> Call[Threshold]:
    """The cut-off that reaches a goal."""
    about = {} if relation is None else {"relation": relation}
    return Call("GET", _path(model, "thresholds"), lambda r: r.json(), {"target": target, "value": value, **about})


def links(model: str, limit: int, include: str | Sequence[str]) -> Call[FoundLinks]:
    """The most likely missing links of the graph."""
    params = {"limit": limit, "include": several(include)}
    return Call("GET", _path(model, "links"), lambda r: FoundLinks(r.content), params, headers={"Accept": ARROW})


def search_links(model: str, options: Mapping[str, Any]) -> Call[Job]:
    """A list of the whole graph, as a job."""
    return Call("POST", _path(model, "links:search"), lambda r: r.json(), json=in_body(options))


def job(name: str) -> Call[Job]:
    """How far a job is."""
    return Call("GET", f"/v1/jobs/{name}", lambda r: r.json())


def found_links(name: str) -> Call[FoundLinks]:
    """What a job has found."""
    return Call("GET", f"/v1/jobs/{name}/result", lambda r: FoundLinks(r.content), headers={"Accept": ARROW})


def explanation(
    model: str, source: str | int, target: str | int, limit: int, options: Mapping[str, Any]
) -> Call[Explanation]:
    """Why a pair has its logit."""
    params = {"source": id_of(source), "target": id_of(target), "limit": limit, **options}
    return Call("GET", _path(model, "explanation"), lambda r: explanation_of(r.json()), params)


def scores(model: str, pairs: Any, on_unknown: str, options: Mapping[str, Any]) -> Call[Scores]:
    """Many pairs; of a table, or of more than a body of JSON may have, as Arrow."""
    if is_table(pairs) or (len(pairs) > MOST_PAIRS and not _IN_JSON & options.keys()):
        columns = ends_of(pairs) | ({"relation": options["relations"]} if "relations" in options else {})
        params = _in_query({"on_unknown": on_unknown, **options}, without={"relations"})

        def read(response: httpx2.Response) -> Scores:
            version = response.headers["X-Model"].rpartition("@")[2]
            return streamed_scores_of(response.content, version, columns["source"], columns["target"])

        return _streamed(_path(model, "scores"), read, columns, params)
    named = [(id_of(source), id_of(target)) for source, target in pairs]
    body = {"pairs": named, "on_unknown": on_unknown, **in_body(options)}
    return Call("POST", _path(model, "scores"), lambda r: scores_of(r.json(), named), json=body)


def neighbors(model: str, name: str | int, options: Mapping[str, Any]) -> Call[Neighbors]:
    """The top k of one node; as those of many, where an option needs a body or the query would be long."""
    if isinstance(name, Iterable) and not isinstance(name, str):
        raise TypeError(f"name: expected one id, found {type(name).__name__}; call neighbors_of for several")
    named = id_of(name)
    params = {"node": named} | {key: in_query(value) for key, value in options.items()}
    if _OF_BODIES & options.keys() or len(str(httpx2.QueryParams(params))) > LONGEST_QUERY:
        many = neighbors_of_many(model, [named], options)
        return Call(many.method, many.path, lambda r: many.read(r).get(named, Neighbors()), json=many.json)
    return Call("GET", _path(model, "neighbors"), lambda r: neighbors_of(r.json()), params)


def neighbors_of_many(model: str, names: Sequence[str | int], options: Mapping[str, Any]) -> Call[dict[str, Neighbors]]:
    """The top k of many nodes."""
    named = texts(names)
    if len(named) > MOST_NODES and not (_OF_BODIES - {"on_unknown"} | _IN_JSON) & options.keys():

        def read_stream(response: httpx2.Response) -> dict[str, Neighbors]:
            columns = lists_of(response.content)
            found = zip(columns["node"], columns["neighbors"], strict=True)
            return {node: neighbors_of({"neighbors": listed}) for node, listed in found if node is not None}

        return _streamed(_path(model, "neighbors"), read_stream, {"node": named}, _in_query(options))

    def read(response: httpx2.Response) -> dict[str, Neighbors]:
        return {result["node"]: neighbors_of(result) for result in response.json()["results"] if result is not None}

    return Call("POST", _path(model, "neighbors"), read, json={"nodes": named, **in_body(options)})


def unseen(model: str, new_node: Mapping[str, Any], options: Mapping[str, Any]) -> Call[Unseen]:
    """A new node, absent from the training graph."""
    body = in_body({**new_node, **options})
    return Call("POST", _path(model, "unseen"), lambda r: unseen_of(r.json(), body.get("targets")), json=body)


def unseen_together(
    model: str, new_nodes: Mapping[str, Mapping[str, Any]], links: Sequence[tuple[str, str]], options: Mapping[str, Any]
) -> Call[dict[str, Unseen]]:
    """Several new nodes."""
    body = {
        "strangers": [{"id": name, **in_body(given)} for name, given in new_nodes.items()],
        "links": list(links),
        **in_body(options),
    }

    def read(response: httpx2.Response) -> dict[str, Unseen]:
        return {result["id"]: unseen_of(result, body.get("targets")) for result in response.json()["results"]}

    return Call("POST", _path(model, "unseen"), read, json=body)


def embeddings(
    model: str, names: Sequence[str | int] | None, on_unknown: str, options: Mapping[str, Any]
) -> Call[Table]:
    """Vectors of some nodes, or of all, as Arrow."""
    path, headers = _path(model, "embeddings"), {"Accept": ARROW}
    if names is None:
        return Call("GET", path, lambda r: table_of(r.content, None), options, headers=headers)
    body = {"nodes": (nodes := texts(names)), "on_unknown": on_unknown, **options}
    return Call("POST", path, lambda r: table_of(r.content, nodes), json=body, headers=headers)


def map_(model: str) -> Call[Map]:
    """All nodes in a plane."""

    def read(response: httpx2.Response) -> Map:
        answer = response.json()
        points = np.array([answer["x"], answer["y"]], np.float32).T
        return Map(answer["nodes"], points, answer["method"], answer.get("types"))

    return Call("GET", _path(model, "map"), read)


def activate(model: str, version: str) -> Call[None]:
    """Make a version the current one."""
    return Call("POST", f"{_path(model)}:activate", lambda _: None, json={"version": version})


def _streamed(
    path: str, read: Callable[[httpx2.Response], T], columns: Mapping[str, Any], params: Mapping[str, Any]
) -> Call[T]:
    """A body of Arrow, answered with Arrow."""
    headers = {"Content-Type": ARROW, "Accept": ARROW}
    return Call("POST", path, read, params, content=write_ids(columns), headers=headers)


def _in_query(options: Mapping[str, Any], without: Collection[str] = ()) -> dict[str, Any]:
    return {name: in_query(value) for name, value in options.items() if name not in without and value is not None}


def _path(model: str, *rest: str) -> str:
    return "/".join(["/v1/models", model, *rest])
