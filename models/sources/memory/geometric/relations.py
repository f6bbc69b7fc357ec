"""A `HeteroData` with links of several types: each type is a relation, and the nodes of all types stand in one table."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from latentlink.models.sources.formats.tables import EdgeColumns, EdgeTable, NodeTable
from latentlink.models.sources.memory.geometric.edges import Edges
from latentlink.models.sources.memory.geometric.nodes import Nodes
from latentlink.models.sources.memory.geometric.stores import Store
from latentlink.models.sources.memory.objects import InMemory
from latentlink.models.sources.origins import Origin, Unit

Kind = tuple[str, str, str]
"""A type of links: of the nodes that they lead from, the relation, and the type of those that they lead to."""

FORM = "PyG HeteroData"
TYPE = "type"  # the column of the types of nodes


@dataclass(frozen=True, eq=False)
class Relations(InMemory):
    """The links of several types, by the name of each; `content` has them."""

    content: Mapping[str | None, Edges]
    nodes: "NodesOfTypes"

    @property
    def form(self) -> str:
        """The class."""
        return FORM

    def relations(self) -> Mapping[str | None, Origin]:
        """The links of each."""
        return self.content

    def tables(self) -> Mapping[str | None, Origin]:
        """The nodes of all types."""
        return {None: self.nodes}


@dataclass(frozen=True, eq=False)
class OfRelation(Edges):
    """The links of one type of several; their ends have the names that the table of all nodes has."""

    def tables(self) -> Mapping[str | None, Origin]:
        """None of its own."""
        return {}

    def types(self) -> tuple[str, str] | None:
        """None: a relation may lead from any node to any other."""
        return None

    def named(self, sources: Origin | None, targets: Origin | None) -> Origin:
        """By its own nodes, in whatever order a table lists them."""
        del sources, targets
        return self

    def read_edges(self, columns: EdgeColumns) -> EdgeTable:
        """The links; raises as those of one type."""
        links = super().read_edges(columns)
        # With names they are no matrix any more, whose rows and columns would be the same nodes.
        return replace(links, layout=replace(links.layout, matrix=None))


@dataclass(frozen=True, eq=False)
class NodesOfTypes(InMemory):
    """The nodes of all types, those of one behind those of another; `content` has each type."""

    content: Mapping[str, Nodes]

    @property
    def unit(self) -> Unit:
        """They stand beside links."""
        return "link"

    @property
    def form(self) -> str:
        """The class."""
        return FORM

    def read_nodes(self) -> NodeTable:
        """The ids, and the type of each node as a column; of nodes of one type their features.

        Raises:
            DataError: `node_id` or, of one type, `x` can't be used.
        """
        if len(self.content) == 1:
            [nodes] = self.content.values()
            return nodes.read_nodes()
        ids = {kind: nodes.ids() for kind, nodes in self.content.items()}
        types = [kind for kind, own in ids.items() for _ in own]
        notes = tuple(note for nodes in self.content.values() for note in nodes.unread())
        return NodeTable([node for own in ids.values() for node in own], {TYPE: types}, notes, self.form)


def of_kinds(
    name: str, stores: Mapping[Kind, Store], nodes: Mapping[str, Nodes], notes: Mapping[Kind, tuple[str, ...]]
) -> Relations:
    """Links of several types, a relation each.

    Args:
        name: what messages call the graph.
        stores: the links of each type.
        nodes: those of each type.
        notes: on the links of some types.
    """
    nodes, names = _told_apart(nodes), _names(stores)
    bare = {kind: replace(own, content={**own.content, "x": None}) for kind, own in nodes.items()}  # names alone
    ends = {kind: (bare[kind[0]], bare[kind[2]]) for kind in stores}
    links: dict[str | None, Edges] = {
        names[kind]: OfRelation(
            f"{name}[{names[kind]!r}]", store, ends[kind], (kind[0], kind[2]), notes.get(kind, ()), ends[kind]
        )
        for kind, store in stores.items()
    }
    return Relations(name, links, NodesOfTypes(name, nodes))


def _told_apart(nodes: Mapping[str, Nodes]) -> dict[str, Nodes]:
    """The nodes of each type; if an id stands in several types, all ids begin with their type: `film:7`."""
    ids = [{*own.ids()} for own in nodes.values()]
    shared = len(set().union(*ids)) < sum(map(len, ids))
    return {kind: replace(own, prefix=f"{kind}:" if shared else "") for kind, own in nodes.items()}


def _names(kinds: Collection[Kind]) -> dict[Kind, str]:
    """What the relation of each type is called: by its own name; if several types share that, as PyG joins all three names."""
    times = Counter(relation for _, relation, _ in kinds)
    return {kind: kind[1] if times[kind[1]] == 1 else "__".join(kind) for kind in kinds}
