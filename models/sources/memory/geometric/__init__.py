"""`Data` and `HeteroData` of PyTorch Geometric: tensors become arrays by their own methods, without an import of torch."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from latentlink.models.errors import DataError
from latentlink.models.sources.memory.geometric.edges import Edges
from latentlink.models.sources.memory.geometric.nodes import Nodes
from latentlink.models.sources.memory.geometric.relations import Kind, Relations, of_kinds
from latentlink.models.sources.memory.geometric.stores import Array, Store, array_of, size_of
from latentlink.models.wording import listed_names

_REVERSE = "rev_"  # begins the name that `ToUndirected` gives to links turned round


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


def of_hetero_data(name: str, data: Any) -> Edges | Relations:
    """A `HeteroData`: with links of one type a graph of the two types at their ends; with several a relation of each.

    Links turned round, as `ToUndirected` adds them, are the same ones.

    Raises:
        DataError: there are no links, or they or the nodes of a type can't be read.
    """
    stores = {kind: dict(store) for kind, store in zip(data.edge_types, data.edge_stores, strict=True)}
    if not stores:
        raise DataError(f"{name}: expected edges of a type or more, found none; set their edge_index")
    for store in stores.values():
        _require_links(name, store)
    again = {kind: forth for kind in stores if (forth := _turned(kind, stores)) is not None}
    notes = {
        forth: (f"Edges of type {kind} are the same ones, turned round, and not read again.",)
        for kind, forth in again.items()
    }
    kinds = {kind: store for kind, store in stores.items() if kind not in again}
    ends = dict.fromkeys(end for one, _, other in kinds for end in (one, other))
    own = {end: dict(data[end]) for end in dict.fromkeys([*data.node_types, *ends])}
    nodes = {end: Nodes(f"{name}[{end!r}]", store, size_of(store)) for end, store in own.items()}
    if len(kinds) > 1:
        return of_kinds(name, kinds, nodes, notes)
    [(kind, store)] = kinds.items()
    one, _, other = kind
    typed = None if one == other else (one, other)
    return Edges(name, store, (nodes[one], nodes[other]), typed, notes.get(kind, ()))


def _turned(kind: Kind, stores: Mapping[Kind, Store]) -> Kind | None:
    """The type of which these links are all, turned round, as `ToUndirected` adds them; None of other links."""
    one, relation, other = kind
    forth = (other, relation.removeprefix(_REVERSE), one)
    if forth == kind or not relation.startswith(_REVERSE) or forth not in stores:
        return None
    there, back = (array_of(stores[some]["edge_index"]) for some in (forth, kind))
    same = there.shape == back.shape and np.array_equal(_sorted(there), _sorted(back[::-1]))
    return forth if same else None


def _sorted(ends: Array) -> Array:
    """Links (2, E) in one order."""
    ordered: Array = ends[:, np.lexsort(ends)]
    return ordered


def _require_links(name: str, store: Store) -> None:
    if "edge_index" not in store:
        raise DataError(f"{name}: expected edge_index, found {listed_names(store) or 'nothing'}; set it")
    ends = array_of(store["edge_index"])
    if ends.shape[:1] != (2,) or ends.ndim != 2 or ends.dtype.kind not in "iu":
        raise DataError(
            f"{name}, edge_index: expected whole numbers (2, E), found {ends.dtype} {ends.shape}; correct it"
        )
