"""Pieces of messages: a number with its noun, the first of many texts or names, a long text cut, secrets hidden."""

import re
from collections.abc import Iterable
from itertools import islice

LONGEST = 80  # characters of a text from elsewhere in a message
MOST_LISTED = 20  # names that a message lists where the reader may look for one


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


def without_secrets(text: str) -> str:
    """A URL without what may be a secret: what stands before `@`, and the query."""
    return re.sub(r"\?.*", "?***", re.sub(r"//.*@", "//***@", text, flags=re.DOTALL), flags=re.DOTALL)
