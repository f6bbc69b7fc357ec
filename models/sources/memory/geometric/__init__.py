"""`Data` and `HeteroData` of PyTorch Geometric: tensors become arrays by their own methods, without an import of torch."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from latentlink.models.errors import DataError
from latentlink.models.sources.memory.geometric.edges import Edges
from latentlink.models.sources.memory.geometric.nodes import Nodes
from latentlink.models.sources.memory.geometric.stores import Store, array_of, size_of
from latentlink.models.wording import listed, listed_names

_REVERSE = re.compile("rev_")  # the name that `ToUndirected` gives to reversed edges


def of_data(name: str, data: Any) -> Edges:
    """A `Data`.

    Raises:
        DataError: it has no `edge_index` of two rows of whole numbers.
    """
    [store] = map(dict, data.stores)
    return of_store(name, store)


def of_store(name: str, store: Store) -> Edges:
    """The same of its attributes."""
    _require_links(name, store)
    nodes = Nodes(name, store, size_of(store) or int(array_of(store["edge_index"]).max(initial=-1)) + 1)
    return Edges(name, store, (nodes, nodes))


def of_hetero_data(name: str, data: Any) -> Edges:
    """A `HeteroData` whose links are of one type, between nodes of two types, or of one; links turned round are the same ones.

    Raises:
        DataError: links are of several types, or a type has no nodes.
    """
    stores = {kind: dict(store) for kind, store in zip(data.edge_types, data.edge_stores, strict=True)}
    for store in stores.values():
        _require_links(name, store)
    turned = [kind for kind in stores if _is_turned(kind, stores)]
    kinds = [kind for kind in stores if kind not in turned]
    if len(kinds) != 1:
        raise DataError(
            f"{name}: expected edges of one type, found {len(kinds):,}: {listed(map(str, kinds))}; choose one, as in "
            "data.edge_type_subgraph([('user', 'rates', 'film')]), or give relations as a frame with a column of them"
        )
    [(one, relation, other)] = kinds
    own = {end: dict(data[end]) for end in (one, other)}
    ends = [Nodes(f"{name}[{end!r}]", own[end], size_of(own[end])) for end in (one, other)]
    notes = tuple(
        f"Edges of type {kind} are the same ones, turned round, and not read again." for kind in map(str, turned)
    )
    return Edges(name, stores[one, relation, other], (ends[0], ends[1]), None if one == other else (one, other), notes)


def _is_turned(kind: tuple[str, str, str], stores: Mapping[tuple[str, str, str], Store]) -> bool:
    """Whether links are those of another type, turned round, as `ToUndirected` adds them."""
    one, relation, other = kind
    forth = stores.get((other, _REVERSE.sub("", relation, count=1), one))
    if forth is None or not _REVERSE.match(relation):
        return False
    return np.array_equal(array_of(stores[kind]["edge_index"])[::-1], array_of(forth["edge_index"]))


def _require_links(name: str, store: Store) -> None:
    if "edge_index" not in store:
        raise DataError(f"{name}: expected edge_index, found {listed_names(store) or 'nothing'}; set it")
    ends = array_of(store["edge_index"])
    if ends.shape[:1] != (2,) or ends.ndim != 2 or ends.dtype.kind not in "iu":
        raise DataError(
            f"{name}, edge_index: expected whole numbers (2, E), found {ends.dtype} {ends.shape}; correct it"
        )
