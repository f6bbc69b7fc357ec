"""Texts that people write for numbers and dates, and that no reader takes for any: they would become categories in silence."""

import re
from collections import Counter
from collections.abc import Iterator

_PLAIN = r"\d*[.,]?\d+"
_GROUPED = r"\d{1,3}(?P<mark>[ .,'\u00a0\u202f\u2019])\d{3}((?P=mark)\d{3})*([.,]\d+)?"  # with marks between thousands
_CURRENCY = "[$€£¥₹]"
_NUMBER = re.compile(rf"\s*[-+]?\s*{_CURRENCY}?\s*[-+]?({_PLAIN}|{_GROUPED})\s*({_CURRENCY}|%)?\s*")
_DATE = re.compile(
    r"\s*(\d{4}([/.-])\d{1,2}\2\d{1,2}|\d{1,2}([/.-])\d{1,2}\3(\d{4}|\d{2}))([ T]\d{1,2}:\d{2}(:\d{2})?)?\s*"
)
_WAYS = (
    ("dates", _DATE, "numbers, such as days since 1970"),
    ("numbers", _NUMBER, "digits with a point, as in 1234.5"),
)


def lookalike_notes(name: str, counts: Counter[str]) -> Iterator[str]:
    """A note on a column of texts, most of which look like dates or like numbers, if there are such.

    Args:
        name: of the column.
        counts: how often each text stands there; numbers as readers take them are not meant.
    """
    for what, pattern, way in _WAYS:
        alike = [text for text in counts if _marked(text) and pattern.fullmatch(text)]
        times = sum(counts[text] for text in alike)
        if alike and 2 * times > counts.total():
            yield (
                f"{name!r} is read as texts, though {times:,} of {counts.total():,} cells look like {what}, such as {alike[0]!r}"
                f"; write them as {way}, or the texts become categories or are left out."
            )
            return


def _marked(text: str) -> bool:
    """Whether something beside digits makes it no plain number, or code."""
    return not re.fullmatch(r"\s*[-+]?\d*\.?\d*\s*", text)
