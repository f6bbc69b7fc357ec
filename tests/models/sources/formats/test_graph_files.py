"""What programs write as graphs: every node and link of the file is in the graph, or the file is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph
from latentlink.models.sources.formats.networks import read_network

NODES = [{"id": "a", "f": 1}, {"id": "b", "f": 2}, {"id": "c", "f": 4}]
ENDS = [("a", "b"), ("c", "b")]
LINKS = [{"source": one, "target": other} for one, other in ENDS]
XML = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
Write = Callable[[str, object], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a text, or an object as JSON, and return the path."""

    def write(name: str, content: object) -> Path:
        (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content))
        return tmp_path / name

    return write


def renamed(key: str) -> list[dict[str, Any]]:
    """The nodes with another key for their ids."""
    return [{key: node["id"], "f": node["f"]} for node in NODES]


PLACES = [{"source": 0, "target": 1}, {"source": 2, "target": 1}]
FLAVOURS: dict[str, object] = {
    "networkx": {"directed": False, "multigraph": False, "graph": {}, "nodes": NODES, "edges": LINKS},
    "networkx before 3.4": {"nodes": NODES, "links": LINKS},
    "networkx 1": {"nodes": NODES, "links": PLACES},
    "D3 by name": {"nodes": renamed("name"), "links": LINKS},
    "D3 by place": {"nodes": renamed("name"), "links": PLACES},
    "D3 after a layout": {"nodes": NODES, "links": [{"source": {"id": a}, "target": {"id": b}} for a, b in ENDS]},
    "D3 by name beside ids": {
        "nodes": [{"id": i, "name": n["id"], "f": n["f"]} for i, n in enumerate(NODES)],
        "links": LINKS,
    },
    "graphology": {
        "options": {"type": "undirected"},
        "nodes": [{"key": n["id"], "attributes": {"f": n["f"]}} for n in NODES],
        "edges": [{"key": str(i), **link, "undirected": True} for i, link in enumerate(LINKS)],
    },
    "Cytoscape.js": {"elements": {"nodes": [{"data": n} for n in NODES], "edges": [{"data": e} for e in LINKS]}},
    "Cytoscape.js, one list": {"elements": [{"data": part} for part in (*NODES, *LINKS)]},
    "vis.js": {"nodes": NODES, "edges": [{"from": a, "to": b} for a, b in ENDS]},
    "JSON Graph Format": {"graph": {"nodes": {n["id"]: {"metadata": {"f": n["f"]}} for n in NODES}, "edges": LINKS}},
    "ids alone": {"nodes": ["a", "b", "c"], "links": LINKS},
}


@pytest.mark.parametrize("content", FLAVOURS.values(), ids=FLAVOURS)
def test_flavours_of_json_are_one_graph(write: Write, content: object) -> None:
    """Nodes by id, key, name or place in the list; attributes at any level."""
    table = read_network(write("g.json", content))
    assert (table.ids, table.pairs.tolist()) == (["a", "b", "c"], [[0, 1], [2, 1]])
    assert list(table.columns.get("f", [1, 2, 4])) == [1, 2, 4]


LABELLED: dict[str, tuple[str, object]] = {
    "vis.js": (
        "g.json",
        {"nodes": [{"id": i, "label": n["id"]} for i, n in enumerate(NODES)], "edges": [{"from": 0, "to": 1}]},
    ),
    "networkx": (
        "g.json",
        {"nodes": [{"id": i, "name": 90 - i * i} for i in range(3)], "links": [{"source": 0, "target": 1}]},
    ),
    "GraphML": (
        "g.graphml",
        f'{XML}<key id="d" for="node" attr.name="label" attr.type="string"/><graph>'
        + "".join(f'<node id="{i}"><data key="d">{n["id"]}</data></node>' for i, n in enumerate(NODES))
        + '<edge source="0" target="1"/></graph></graphml>',
    ),
}


@pytest.mark.parametrize(("name", "content"), LABELLED.values(), ids=LABELLED)
def test_labels_beside_ids_are_no_features(write: Write, name: str, content: object) -> None:
    """Ids stay; a label for each node would be a feature that no other node shares."""
    graph = load_graph(edges=write(name, content))
    assert (graph.ids, graph.n_features) == (["0", "1", "2"], 0)
    assert ["every value is different" in note for note in graph.notes] == [True]
    assert [meaning for reading in graph.readings for _, meaning in reading.columns] == [
        "left out, every value different"
    ]


def test_labels_of_some_nodes_are_not_left_out_in_silence(write: Write) -> None:
    """GML nodes are then called by their numbers."""
    text = 'graph [ node [ id 1 label "a" ] node [ id 2 ] edge [ source 1 target 2 ] ]'
    graph = load_graph(edges=write("g.gml", text))
    assert (graph.ids, ["'label'" in note for note in graph.notes]) == (["1", "2"], [True])


UNLISTED: dict[str, tuple[str, object]] = {
    "a typo": ("g.json", {"nodes": NODES, "links": [*LINKS, {"source": "a", "target": "b "}]}),
    "a place beyond": ("g.json", {"nodes": renamed("name"), "links": [*PLACES, {"source": 0, "target": 3}]}),
    "places and ids": ("g.json", {"nodes": NODES, "links": [*LINKS, {"source": 0, "target": 1}]}),
    "no nodes": ("g.json", {"nodes": [], "links": LINKS}),
    "vis.js": ("g.json", {"nodes": NODES, "edges": [{"from": "a", "to": "n99"}]}),
    "Cytoscape.js": ("g.json", {"elements": {"nodes": [{"data": {"id": "a"}}], "edges": [{"data": LINKS[0]}]}}),
    "GraphML": ("g.graphml", f'{XML}<graph><node id="a"/><edge source="a" target="n99"/></graph></graphml>'),
    "GML": ("g.gml", "graph [ node [ id 1 ] node [ id 2 ] edge [ source 1 target 99 ] ]"),
}


@pytest.mark.parametrize(("name", "content"), UNLISTED.values(), ids=UNLISTED)
def test_ends_that_are_not_listed_are_refused(write: Write, name: str, content: object) -> None:
    """With their count and one of them: they never become nodes."""
    with pytest.raises(
        DataError, match=r", edge .*: expected ends that the file lists as nodes, found [123] that .*such as '.+'"
    ):
        read_network(write(name, content))


TWICE: dict[str, tuple[str, object]] = {
    "JSON": ("g.json", {"nodes": [*NODES, {"id": "a", "f": 9}], "links": LINKS}),
    "JSON, as text": ("g.json", {"nodes": [{"id": 7}, {"id": "7"}], "links": [{"source": 7, "target": "7"}]}),
    "GraphML": (
        "g.graphml",
        f'{XML}<graph><node id="a"/><node id="b"/><node id="a"/><edge source="a" target="b"/></graph></graphml>',
    ),
    "GML": ("g.gml", "graph [ node [ id 1 ] node [ id 2 ] node [ id 1 ] edge [ source 1 target 2 ] ]"),
    "GML, labels": ("g.gml", 'graph [ node [ id 1 label "x" ] node [ id 2 label "x" ] edge [ source 1 target 2 ] ]'),
}


@pytest.mark.parametrize(("name", "content"), TWICE.values(), ids=TWICE)
def test_nodes_that_are_listed_twice_are_refused(write: Write, name: str, content: object) -> None:
    """One of the lists of attributes would win in silence."""
    with pytest.raises(DataError, match=r", node '.': expected each node to be listed once, found 1 listed again"):
        read_network(write(name, content))


INNER = '<node id="g"><graph><node id="g::a"/><edge source="g::a" target="a"/></graph></node>'
BODY = '<graph edgedefault="undirected"><node id="a"/><node id="b"/><edge source="a" target="b"/>'


@pytest.mark.parametrize("opening", [XML, "<graphml>", '<g:graphml xmlns:g="urn:any">'])
def test_graphml_is_read_in_any_namespace(write: Write, opening: str) -> None:
    """Files written by hand have none."""
    text = f"{opening}{BODY}</graph></graphml>"
    if "g:" in opening:
        text = text.replace("</", "</g:").replace("<", "<g:").replace("<g:/g:", "</g:").replace("<g:g:", "<g:")
    assert read_network(write("g.graphml", text)).ids == ["a", "b"]


def test_labels_that_yed_draws_are_counted(write: Write) -> None:
    """They are not read; those without text don't count."""

    def drawn(kind: str, text: str) -> str:
        return f'<data key="d"><y:Shape><y:{kind}>{text}<y:Model/></y:{kind}></y:Shape></data>'

    nodes = "".join(f'<node id="{i}">{drawn("NodeLabel", text)}</node>' for i, text in enumerate(["Ann", "Bob", " "]))
    text = (
        '<graphml xmlns:y="http://www.yworks.com/xml/graphml"><key id="d" yfiles.type="nodegraphics"/><graph>'
        f'{nodes}<edge source="0" target="1">{drawn("EdgeLabel", "knows")}</edge></graph></graphml>'
    )
    [note] = load_graph(edges=write("y.graphml", text)).notes
    assert "2 of nodes and 1 of links, are not read" in note


def test_nested_graphs_are_part_of_the_graph(write: Write) -> None:
    """Their nodes and links, and a note with their numbers."""
    table = read_network(write("g.graphml", f"{XML}{BODY}{INNER}</graph></graphml>"))
    assert (table.ids, table.pairs.tolist()) == (["a", "b", "g", "g::a"], [[0, 1], [3, 0]])
    assert ["(1, with 1 node)" in note for note in table.notes] == [True]


SEVERAL = {
    "a second graph": (
        "g.graphml",
        f"{XML}{BODY}</graph><graph><node id='c'/></graph></graphml>",
        "found 2: .* 1 node;",
    ),
    "a second graph, GML": ("g.gml", "graph [ node [ id 1 ] ] graph [ node [ id 2 ] ]", "found 2"),
    "hyperedges": ("g.graphml", f"{XML}{BODY}<hyperedge/></graph></graphml>", "found 1 hyperedge"),
    "two lists of links": ("g.json", {"nodes": NODES, "edges": LINKS, "links": LINKS}, "not both"),
    "a key twice": ("g.json", '{"nodes": [{"id": "a"}], "links": [], "nodes": []}', "found 'nodes' twice"),
    "ids of some nodes": ("g.json", {"nodes": [*NODES, {"name": "d"}], "links": LINKS}, "found none at 1 of 4"),
}


@pytest.mark.parametrize(("name", "content", "found"), SEVERAL.values(), ids=SEVERAL)
def test_a_part_never_vanishes(write: Write, name: str, content: object, found: str) -> None:
    """What can't be part of one graph is refused."""
    with pytest.raises(DataError, match=found):
        read_network(write(name, content))


def test_graphml_values_may_have_blanks_around(write: Write) -> None:
    """Truth values and numbers as other programs indent them; a default stands for what a node lacks."""
    keys = "".join(
        f'<key id="{name}" for="node" attr.name="{name}" attr.type="{kind}"><default>{default}</default></key>'
        for name, kind, default in [("paid", "boolean", "false"), ("n", "int", "7"), ("x", "double", "0")]
    )
    data = '<data key="paid"> True\n</data><data key="n"> 3 </data><data key="x">\t.5</data>'
    text = f'{XML}{keys}<graph><node id="a">{data}</node><node id="b"/><edge source="a" target="b"/></graph></graphml>'
    columns = read_network(write("g.graphml", text)).columns
    assert {name: list(column) for name, column in columns.items()} == {"paid": [1, 0], "n": [3, 7], "x": [0.5, 0]}


def test_a_value_of_another_type_names_node_and_key(write: Write) -> None:
    """And no class of Python."""
    keys = '<key id="k" for="node" attr.name="paid" attr.type="boolean"/>'
    node = '<node id="a"><data key="k">perhaps</data></node>'
    path = write("g.graphml", f'{XML}{keys}<graph>{node}<edge source="a" target="a"/></graph></graphml>')
    with pytest.raises(DataError, match=r"node 'a': paid: expected a value of type boolean, found 'perhaps'"):
        read_network(path)


def test_gml_needs_no_multigraph(write: Write) -> None:
    """Parallel links are merged, as in any file; comments, entities, lists and numbers of any spelling are read."""
    text = (
        '# made by hand\nCreator "me"\ngraph [\n  node [ id 1 label "&#252;" x -1.5E+2 l "p" l "q" ]\n'
        '  node [ id 2 label "b" x 3 l "_networkx_list_start" l "q" graphics [ w 1 ] ]\n'
        + "edge [ source 1 target 2 ]\n" * 2
        + "]\n"
    )
    graph = load_graph(edges=write("g.gml", text))
    table = read_network(write("g.gml", text))
    assert (graph.ids, graph.n_edges, graph.duplicates) == (["ü", "b"], 1, 1)
    assert {name: list(column) for name, column in table.columns.items()} == {"x": [-150, 3], "l": [("p", "q"), ("q",)]}


WORDS = ["KeyError", "unhashable", "Traceback", "NoneType", "TypeError", "list index"]
STRANGE: list[tuple[str, object]] = [
    ("g.json", {"nodes": [{"id": None}], "links": [{"source": None, "target": None}]}),
    ("g.json", {"nodes": [{"id": {"x": 1}}], "links": LINKS}),
    ("g.json", {"nodes": NODES, "links": [1, 2]}),
    ("g.json", {"nodes": NODES, "links": [{"source": "a"}]}),
    ("g.json", {"nodes": NODES, "links": [{"source": {"x": 1}, "target": "a"}]}),
    ("g.json", {"nodes": 3, "links": LINKS}),
    ("g.json", {"nodes": {"a": 1}, "links": "no"}),
    ("g.json", "null"),
    ("g.json", '"text"'),
    ("g.gml", "graph [ node 3 edge [ source 1 target 1 ] ]"),
    ("g.gml", "graph 7"),
    ("g.gml", "graph [ node [ id 1 ] edge [ source 1 ] ]"),
    ("g.gml", "]"),
    ("g.gml", "graph [ node [ id x ] ]"),
    ("g.graphml", f"{XML}<graph><node/></graph></graphml>"),
    ("g.graphml", f'{XML}<graph><node id="a"><data key="k">1</data></node></graph></graphml>'),
    ("g.graphml", f"{XML}</graphml>"),
]


@pytest.mark.parametrize(("name", "content"), STRANGE)
def test_no_words_of_python_are_shown(write: Write, name: str, content: object) -> None:
    """A message for each, and none from inside of a parser."""
    with pytest.raises(DataError) as caught:
        load_graph(edges=write(name, content))
    assert [word for word in WORDS if word in str(caught.value)] == []


def test_an_error_that_no_reader_knows_is_a_message(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the words of Python, which stay at hand as the cause."""
    monkeypatch.setattr("latentlink.models.sources.encode", lambda _: dict[str, int]()["absent"])
    with pytest.raises(DataError, match=r"g\.json: expected data .*; write the links as CSV") as caught:
        load_graph(edges=write("g.json", {"nodes": NODES, "links": LINKS}))
    assert isinstance(caught.value.__cause__, KeyError)
    assert "absent" not in str(caught.value)
