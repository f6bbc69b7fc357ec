"""Pairs of ids straight from the bytes of a JSON body: as the body's model reads them, without an object per id.

Of 10,000 pairs, making and validating strings takes longer than scoring them. Where the pairs are written plainly, their places
in the body say all; whatever is not, is left to the model, which also words every error.
"""

import codecs
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
from fastapi import Request
from pydantic import ValidationError

from latentlink.app.deps import StateDep
from latentlink.app.http.bodies import repeated_key
from latentlink.app.http.requests import JSONBody, read_body
from latentlink.app.schemas.requests import NeighborsRequest, OnUnknown, ScoresRequest
from latentlink.app.schemas.unseen import UnseenRequest
from latentlink.app.services.annotations import Annotations
from latentlink.app.settings import Settings
from latentlink.models.arrays import Int64
from latentlink.models.checkpoint import Texts

_Bytes = npt.NDArray[np.uint8]

_PLAIN_BYTES = 2_048  # of a body that the model reads faster
_BESIDE = 65_536  # bytes of other fields
_BLOCK = 2**20  # bytes decoded at once
_GAP = 8  # bytes between two ids, spaces among them
_QUOTE, _SPACE = b'" '  # as numbers


@dataclass(frozen=True)
class Pairs:
    """Pairs to score.

    Attributes:
        nodes: 2m ids, the two of each pair behind each other.
        on_unknown: what to do with unknown ids.
        annotations: requested beside the scores.
        types: of all sources and of all targets; None where ids are of one type alone.
        relation: of all pairs, or None.
        relations: the relation of each pair, or None.
    """

    nodes: list[str] | Texts
    on_unknown: OnUnknown
    annotations: Annotations = field(default_factory=Annotations)
    types: tuple[str | None, str | None] = (None, None)
    relation: str | None = None
    relations: list[str] | None = None

    def __len__(self) -> int:
        return len(self.nodes.starts if isinstance(self.nodes, Texts) else self.nodes) // 2


class PairsBody:
    """A dependency that reads the pairs of a `ScoresRequest`.

    Args:
        others: as of `JSONBody`.
    """

    def __init__(self, others: Mapping[str, Any] | None = None) -> None:
        self._body = JSONBody(ScoresRequest, others)
        self.openapi = self._body.openapi

    async def __call__(self, request: Request, state: StateDep) -> Pairs:
        """The pairs of the body; raises as `JSONBody` does."""
        return await read_body(request, state, partial(self._pairs, settings=state.settings))

    def _pairs(self, content: bytes, settings: Settings) -> Pairs:
        if len(content) > _PLAIN_BYTES and (plain := read_plain(content, settings.max_pairs)) is not None:
            return plain
        body = self._body.validate(content, settings)
        return _pairs(list(chain.from_iterable(body.pairs)), body)


def _pairs(nodes: list[str] | Texts, body: ScoresRequest) -> Pairs:
    """The pairs of a body, with its other fields."""
    types = body.source_type, body.target_type
    return Pairs(nodes, body.on_unknown, annotations_of(body), types, body.relation, body.relations)


def annotations_of(body: ScoresRequest | NeighborsRequest | UnseenRequest) -> Annotations:
    """The annotations that a body requests."""
    return Annotations.of(body.include, body.prior, body.interval)


def read_plain(content: bytes, most: int) -> Pairs | None:
    """The pairs of a body that holds them plainly: no escapes, no line breaks, the same spaces between all; else None.

    Args:
        content: the body.
        most: pairs; a body with more is left to the model as well.
    """
    start, end = content.find(b"["), content.rfind(b"]") + 1
    head, tail = content[:start], content[end:]
    # No escapes: every quote is an end of a string, and every "pairs" is the field.
    if (
        len(head) + len(tail) > _BESIDE
        or b"\\" in content
        or head.count(_QUOTE) % 2
        or (head + tail).count(b'"pairs"') != 1
    ):
        return None
    try:
        deque(codecs.iterdecode((content[i : i + _BLOCK] for i in range(0, len(content), _BLOCK)), "utf-8"), maxlen=0)
        rest = ScoresRequest.model_validate_json(beside := head + b"[]" + tail)
    except (UnicodeDecodeError, ValidationError):
        return None
    if repeated_key(beside) is not None:
        return None
    nodes = _between_quotes(np.frombuffer(content, np.uint8), start, end, most)
    return None if nodes is None else _pairs(nodes, rest)


def _between_quotes(content: _Bytes, start: int, end: int, most: int) -> Texts | None:
    """The strings of content[start:end], if that is a list of pairs of strings, with the same spaces between all."""
    region = content[start:end]
    is_quote = region == _QUOTE
    count = np.count_nonzero(is_quote)
    if count == 0 or count % 4 or count > 4 * most or (region < _SPACE).any():
        return None
    quotes: Int64 = np.flatnonzero(is_quote) + start
    opening, closing = quotes[::2], quotes[1::2]
    plain = (
        _is_spaced(content[start : opening[0]].tobytes(), b"[[")
        and _is_spaced(content[closing[-1] + 1 : end].tobytes(), b"]]")
        and _are_all(b",", content, closing[::2], opening[1::2])
        and _are_all(b"],[", content, closing[1:-1:2], opening[2::2])
    )
    return Texts(content, opening + 1, closing) if plain else None


def _are_all(expected: bytes, content: _Bytes, closing: Int64, opening: Int64) -> bool:
    """Whether between each closing quote and the opening one after it stands `expected`, with the same spaces in all places."""
    if len(opening) == 0:
        return True
    first = content[closing[0] + 1 : opening[0]].tobytes()
    return (
        len(first) <= _GAP
        and _is_spaced(first, expected)
        and bool((opening - closing == len(first) + 1).all())
        and all(bool((content[closing + i] == byte).all()) for i, byte in enumerate(first, 1))
    )


def _is_spaced(found: bytes, expected: bytes) -> bool:
    return found.replace(b" ", b"") == expected
