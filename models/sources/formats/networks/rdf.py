"""RDF in N-Triples or Turtle, read by rdflib: triples of nodes are links, and their predicates relations."""

import logging
from pathlib import Path
from typing import BinaryIO

from latentlink.models.errors import DataError
from latentlink.models.file_formats import NAMES
from latentlink.models.sources.formats.guards.library import reading
from latentlink.models.sources.formats.networks.network import Link, Network, Node, network
from latentlink.models.sources.formats.packing import format_suffix

FORMS = {".nt": "nt", ".ttl": "turtle"}  # as rdflib calls them


def read_triples(path: Path, file: BinaryIO) -> Network:
    """Read the triples whose object is a node; those with a literal, such as a name or a number, are counted in a note.

    A link has one attribute, `predicate`. Blank nodes are called by their order, as `_:1`. Nothing but the file is opened.

    Raises:
        DataError: the file is not of its format, or has literals alone.
    """
    suffix = format_suffix(path)
    with reading(path, NAMES[suffix], extra="rdf"):
        triples, literals = _triples(file, FORMS[suffix])
    if not triples:
        raise DataError(f"{path}: expected triples of nodes, found {literals:,} with literals; check the file")
    names = [name for one, _, other in triples for name in (one, other)]
    links = [Link(one, other, {"predicate": predicate}) for one, predicate, other in triples]
    note = f"Triples with a literal are no links and not read: {literals:,} of {literals + len(links):,}."
    nodes = [Node(name, {}) for name in dict.fromkeys(names)]
    return network(path, nodes, links, [note] * bool(literals), directions=[True])


def _triples(file: BinaryIO, form: str) -> tuple[list[tuple[str, str, str]], int]:
    """The triples of nodes in the order of the file, each once, and the number of the others."""
    from rdflib import BNode, Graph, Literal
    from rdflib.term import Node as Term

    blank: dict[Term, str] = {}
    triples: dict[tuple[str, str, str], None] = {}
    literals = 0

    def name(term: Term) -> str:
        return blank.setdefault(term, f"_:{len(blank) + 1}") if isinstance(term, BNode) else str(term)

    class InOrder(Graph):
        def add(self, triple: tuple[Term, Term, Term]) -> "InOrder":
            nonlocal literals
            one, predicate, other = triple
            if isinstance(other, Literal):
                literals += 1
            else:
                triples[name(one), str(predicate), name(other)] = None
            return self

    def silent(_: logging.LogRecord) -> bool:  # rdflib logs literals that are none of their type
        return False

    logger = logging.getLogger("rdflib.term")
    logger.addFilter(silent)
    try:
        InOrder(bind_namespaces="none").parse(file, format=form, publicID="relative:")
    finally:
        logger.removeFilter(silent)
    return [*triples], literals
