"""Names of columns: which one is meant, and whether two of them name ends of one kind."""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

from latentlink.models.errors import DataError
from latentlink.models.wording import MOST_LISTED, listed_names

# Words that tell the two ends of a link apart and say that both are of one kind, the first end first.
_ENDS = (
    "source target, source destination, source dest, src dst, src dest, src tgt, from to, head tail, von nach, quelle ziel, "
    "de vers, desde hasta, origen destino, origine destination, origin destination, orig dest, sender receiver, "
    "sender recipient, citing cited, caller callee, parent child, ancestor descendant, follower followee, follower followed, "
    "user friend, user follower, user followee, person friend, ego alter, node neighbor, node neighbour, subject object, "
    "trustor trustee, payer payee"
)
# Those of them that say which way a link goes; people call the ends of undirected links `source` and `target`, too.
_ONE_WAY = (
    "from to, von nach, de vers, desde hasta, origen destino, origine destination, origin destination, orig dest, "
    "sender receiver, sender recipient, citing cited, caller callee, parent child, ancestor descendant, follower followee, "
    "follower followed, user follower, user followee, trustor trustee, payer payee"
)
# The same of words that name other things as well, such as times and places.
_VAGUE = "start end, begin end, first second, left right, one two, one other, row col, row column, in out"
_BRIEF = "u v, a b, i j, s t, h t, s o, 0 1, 1 2"  # letters and numbers of the ends
_PAIRS = {frozenset(pair.split()) for pair in f"{_ENDS}, {_VAGUE}".split(", ")}
_DIRECTED = {frozenset(pair.split()) for pair in _ONE_WAY.split(", ")}
_LETTERS = {frozenset(pair) for pair in ("ht", "so", "st", *(a + chr(ord(a) + 1) for a in "abcdefghijklmnopqrstuvwxy"))}
PARTS = {"train": 0, "training": 0, "valid": 1, "validation": 1, "val": 1, "dev": 1, "test": 2, "testing": 2}
_FILLERS = {"id", "ids", "node", "vertex", "name", "key", "index", "idx", "no", "nr", "code", "label", "entity"}
# What pandas, R and others call the numbers of rows that they add.
_ROW_NUMBER = re.compile(
    r"|unnamed: \d+(_level_\d+)?|__index_level_\d+__|level_\d+|index|row_?(names?|num(ber)?|no|id)?|rn", re.I
)
# Columns of Neo4j's import, perhaps with the space of the ids: `:START_ID(Person)`, `personId:ID(Person)`.
_NEO4J_END = re.compile(r":(START|END)_ID(?:\((.*)\))?")
_NEO4J_NODE = re.compile(r"[^:]*:ID(?:\(.*\))?")
_LABELS = {"label", "name", "title", "key"}  # what else people call nodes by
_NODE_IDS = {"node", "id", "nodeid", "vertex", "vertexid"}  # as words without anything between


def found(name: str, names: Iterable[str]) -> str | None:
    """Which of `names` is `name`: itself, or else the only one that differs by case or by blanks around it."""
    names = list(names)
    if name in names:
        return name
    alike = [other for other in names if other.strip().casefold() == name.strip().casefold()]
    return alike[0] if len(alike) == 1 else None


def node_column(where: str, names: Iterable[str], hint: str) -> str:
    """Which of `names` holds the ids of nodes: `node` in any case, or else the only one of the usual names.

    Args:
        where: what errors begin with.
        names: of the columns of a node table.
        hint: what to do where there is none.

    Raises:
        DataError: there is none, or several.
    """
    names = list(names)
    named = found("node", names)
    usual = [named] if named else [name for name in names if is_node_column(name)]
    if len(usual) > 1:
        raise DataError(
            f"{where}: expected one column of ids, found {listed_names(usual, MOST_LISTED)}; rename the one that links "
            "name nodes by to 'node'"
        )
    if not usual:
        raise DataError(f"{where}: expected a column 'node' or 'id', found {listed_names(names, MOST_LISTED)}; {hint}")
    return usual[0]


def is_node_column(name: str) -> bool:
    """Whether this is one of the usual names of a column of ids of nodes."""
    return "".join(_words(name)) in _NODE_IDS or _NEO4J_NODE.fullmatch(name) is not None


def is_label(name: str) -> bool:
    """Whether a column of this name says what nodes are called."""
    return "".join(_words(name)) in _LABELS | _NODE_IDS


def is_row_number(name: str) -> bool:
    """Whether a column of this name holds the numbers of rows that programs add."""
    return _ROW_NUMBER.fullmatch(name.strip()) is not None


def weight_hint(numbers: Iterable[str], *, timed: bool) -> Iterator[str]:
    """A note on the column of links that may hold their weights, if there is one to be named.

    Args:
        numbers: the columns of numbers that are not used.
        timed: whether another column holds the times.
    """
    names = [n for n in numbers if not (is_label(n) or is_row_number(n) or are_ids(n))]
    name = found("value", names) or (names[0] if len(names) == 1 else None)
    if name is not None:
        option = shlex.quote(name)
        times = "" if timed else f", if it holds times, --time-column {option}"
        yield f"{name!r} is not used; if it holds weights, pass --weight {option}{times}."


def are_parts(texts: Iterable[str]) -> bool:
    """Whether all texts name parts of a split."""
    return all(text.strip().casefold() in PARTS for text in texts)


def of_one_kind(one: str, other: str) -> bool:
    """Whether two names differ only in what tells the ends of a link apart.

    `from_id` and `to_id`, `node1` and `node2`, `proteinA` and `proteinB` do; `userId` and `movieId` don't.
    """
    mine, yours = _words(one), _words(other)
    return any(
        _differ_by_end(a, b)
        for a, b in ((mine, yours), (_without_fillers(mine), _without_fillers(yours)), (_glued(one, other)))
    )


def says_ends(one: str, other: str) -> bool:
    """Whether two texts are names of ends rather than ids: a pair of words as `source` and `target`."""
    return frozenset((_only_word(one), _only_word(other))) in _PAIRS


def says_direction(one: str, other: str) -> bool:
    """Whether two names of ends say which way a link goes: `from` and `to`, `citing_paper` and `cited_paper`."""
    mine, yours = _words(one), _words(other)
    differing = frozenset(word for word in (*mine, *yours) if (word in mine) != (word in yours))
    return differing in _DIRECTED or all(map(_NEO4J_END.fullmatch, (one, other)))


def ends_among(names: Iterable[str]) -> list[tuple[str, str]]:
    """The pairs of names that are those of the two ends of a link and of nothing else, wherever they stand.

    `from` and `to`, `id1` and `id2`, `u` and `v` are; `start` and `end` may be times, `x` and `y` places.
    """
    names = list(names)
    bare = {name for name in names if len(name.strip()) == 1 or name.strip().isdecimal()}
    if bare and not _letters(bare):
        names = [name for name in names if name not in bare]
    called: dict[str, list[str]] = {}
    for name in names:
        neo4j = _NEO4J_END.fullmatch(name)
        called.setdefault(neo4j[1] if neo4j else _only_word(name), []).append(name)
    pairs = (pair.split() for pair in f"{_ENDS}, {_BRIEF}, START END".split(", "))
    return [(a, b) for one, other in pairs for a in called.get(one, ()) for b in called.get(other, ())]


def _letters(bare: Iterable[str]) -> bool:
    """Whether names of one character are two ends, perhaps with weights or times: more are those of a matrix, digits ids."""
    return len({name.strip().casefold() for name in bare} - {"w", "t"}) <= 2 and not any(map(str.isdecimal, bare))


def are_ids(name: str) -> bool:
    """Whether a column of this name holds ids of something."""
    return not {"id", "ids"}.isdisjoint(_words(name))


def ends_options(source: str, target: str) -> str:
    """The options that name the columns of both ends, to be pasted into a shell."""
    return f"--source {shlex.quote(source)} --target {shlex.quote(target)}"


def types_options(source: str, target: str) -> str:
    """The options that name the types of both ends, by the names of their columns: `userId` holds users."""
    neo4j = (_NEO4J_END.fullmatch(name) for name in (source, target))
    spaces = (found[2] if found else None for found in neo4j)
    one, other = (space or _only_word(name) or name for space, name in zip(spaces, (source, target), strict=True))
    return f"--source-type {shlex.quote(one)} --target-type {shlex.quote(other)}"


def _words(name: str) -> list[str]:
    """The words of `userId_2`: user, id, 2."""
    parted = re.sub(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return re.findall(r"[^\W\d_]+|\d+", parted.casefold())


def _only_word(name: str) -> str:
    """The word of a name beside those that say that it holds ids; empty where it has none or several."""
    words = _words(name)
    rest = _without_fillers(words) or words
    return rest[0] if len(rest) == 1 else ""


def _without_fillers(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in _FILLERS]


def _glued(one: str, other: str) -> tuple[list[str], list[str]]:
    """What is left of `fromnodeid` and `tonodeid` without their common start and end, if it has two letters at least."""
    a, b = ("".join(_words(name)) for name in (one, other))
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    a, b = a[start:], b[start:]
    end = next((i for i, (x, y) in enumerate(zip(reversed(a), reversed(b), strict=False)) if x != y), 0)
    a, b = a[: len(a) - end], b[: len(b) - end]
    return ([a], [b]) if min(len(a), len(b)) > 1 else ([], ["glued"])


def _differ_by_end(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether the words that only one of both has are a pair of ends, or nothing and a number."""
    mine, yours = [w for w in one if w not in other], [w for w in other if w not in one]
    if sorted(map(len, (mine, yours))) == [0, 1]:
        return (mine or yours)[0].isdigit()
    if (len(mine), len(yours)) != (1, 1):
        return not mine and not yours and list(one) != [] and one == other
    pair = frozenset((mine[0], yours[0]))
    return pair in _PAIRS or pair in _LETTERS or all(word.isdigit() for word in pair)
