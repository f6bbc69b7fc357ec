"""Pieces of messages: a number with its noun, the first of many texts or names, a long text cut."""

import re
from collections.abc import Iterable
from itertools import islice

LONGEST = 80  # characters of a text from elsewhere in a message
MOST_LISTED = 20  # names that a message lists where the reader may look for one
# Options of the command that are arguments of other names in Python; and those that are switches.
_ARGUMENTS = {"edges": "links", "features": "nodes", "category": "categories", "time-column": "time"}
_SWITCHES = {
    "header": "header=True",
    "no-header": "header=False",
    "directed": "directed=True",
    "one-kind": "one_kind=True",
    "strip-ids": "strip_ids=True",
}
_LISTS = ("category", "numeric", "ignore")
_VALUED = (
    "sql|source|target|weight|time-column|category|numeric|ignore|source-type|target-type|relation-column|split-column|"
    "dataset|database|delimiter|encoding|format|model"
)
# The value of an option, in quotes or a word that goes on no sentence.
_VALUE = r""" (?:"((?:\\.|[^"\\])*)"|'([^']*)'|(?!(?:and|or|alone|beside|if|in|is|that)\b)([^\s,;:.'"]+))"""
_VALUED_OPTION = re.compile(rf"(?<!\w)--({_VALUED})(?![a-z-]){_VALUE}")
_OPTION = re.compile(r"(?<!\w)--([a-z]+(?:-[a-z]+)*)")


def count(number: int, noun: str) -> str:
    """`1 node`, `1,234 nodes`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def listed(texts: Iterable[str], most: int = 5) -> str:
    """The first `most` texts, and how many more there are: `a, b and 3 more`."""
    every = iter(texts)
    return ", ".join(islice(every, most)) + and_more(sum(1 for _ in every))


def listed_names(names: Iterable[str], most: int = 5) -> str:
    """The same of names from elsewhere, each cut and in quotes: `'a', 'b' and 3 more`."""
    return listed((repr(shortened(name)) for name in names), most)


def and_more(number: int) -> str:
    """` and 3 more`, or nothing if there are none."""
    return f" and {number:,} more" if number > 0 else ""


def shortened(text: str) -> str:
    """A text of at most `LONGEST` characters, which ends with `...` if it was longer."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def in_read_graph(message: str) -> str:
    """A message of the command with arguments of `read_graph`: `--source-type user` becomes `source_type='user'`."""
    return _OPTION.sub(lambda found: _argument(found[1]), _VALUED_OPTION.sub(_given, message))


def _given(found: re.Match[str]) -> str:
    """An argument with its value."""
    option, quoted, *others = found.groups()
    value = re.sub(r"\\(.)", r"\1", quoted) if quoted else next(filter(None, others), "")
    return f"{_argument(option)}={[value] if option in _LISTS else value!r}"


def _argument(option: str) -> str:
    return _SWITCHES.get(option) or _ARGUMENTS.get(option) or option.replace("-", "_")
