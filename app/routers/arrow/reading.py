"""The rows of a body of Arrow, looked up as they arrive."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from fastapi import Request

from latentlink.app.deps import State
from latentlink.app.errors import InvalidRequestError
from latentlink.app.http.arrow.batches import Batch, Batches
from latentlink.app.http.arrow.messages import Message, read_messages
from latentlink.app.http.bodies import read_parts
from latentlink.app.http.computed import require_affordable, result_of
from latentlink.app.http.leaving import part_is_there
from latentlink.app.http.negotiation import ARROW_TYPE
from latentlink.app.routers.unknown import resolve
from latentlink.app.schemas.requests import OnUnknown
from latentlink.app.services.annotations import Annotations
from latentlink.app.services.arrow_writing import BLOCK
from latentlink.app.services.kept_rows import KeptRows
from latentlink.app.services.lookup import LOOKED_UP
from latentlink.app.services.scorer import Scorer
from latentlink.models.arrays import Int64

_BLOCK_BYTES = 2**22  # of the texts that are looked up at once, of which all may be shown in an error
_CUT = 10  # operations that take as long as to put a row into a block

LookUp = Callable[[Batch, int], Int64]
"""The rows of a block, int64 (m, width), which begins so many rows into the body."""


class Described(NamedTuple):
    """What OpenAPI says about streams of a route.

    Attributes:
        columns: of the body.
        answered: columns of the answer.
    """

    columns: str
    answered: str

    def body(self) -> dict[str, Any]:  # of JSON schemas
        """The content of the body."""
        beside = "The other fields of the JSON body are query parameters of their names"
        return _content(f"Arrow IPC stream of {self.columns}. {beside}; answered with Arrow.")

    def answer(self) -> dict[int | str, dict[str, Any]]:
        """The `responses` of the route."""
        return {200: {"content": _content(f"Arrow IPC stream of {self.answered}.")}}


def _content(description: str) -> dict[str, Any]:
    return {ARROW_TYPE: {"schema": {"type": "string", "format": "binary", "description": description}}}


async def read_rows(
    request: Request, state: State, batches: Batches, width: int, look_up: LookUp, work_of: Callable[[Int64], int]
) -> tuple[KeptRows, int]:
    """The rows of a body, and the work that they make for.

    Args:
        request: with the body.
        state: of the service.
        batches: reads them.
        width: numbers that are kept of a row.
        look_up: rows of nodes from ids.
        work_of: operations of some rows.

    Raises:
        InvalidRequestError: there are too many rows, the work is over the limit, or whatever `look_up` raises.
        MalformedBodyError, TooLargeError, UnsupportedMediaError: as `read_parts` and `read_messages`.
        OverloadedError: there is no room for the body, or for the rows of it.
    """
    kept, work, most = KeptRows(width, state.rows), 0, state.settings.max_rows

    def keep(block: Batch) -> int:
        rows = look_up(block, len(kept))
        kept.add(rows)
        return work_of(rows)

    with state.bodies.held() as grow:
        held = partial(_grow, grow, batches)
        async for message in read_messages(read_parts(request), state.settings.max_body_bytes, held):
            batch, size = await result_of(state, partial(_read, batches, message), batches.work(message))
            held(0)  # what this message has added to the dictionaries
            if len(kept) + batch.size > most:
                raise InvalidRequestError.of("body", f"at most {most:,} rows (LATENTLINK_MAX_ROWS)", "more")
            work += size
            require_affordable(state, {"body": work})  # and so there are few blocks of long texts
            blocks = await result_of(state, partial(_blocks, batch), _CUT * batch.size)
            for block in blocks:
                work += await result_of(state, partial(keep, block), width * LOOKED_UP * block.size + block.bytes)
                require_affordable(state, {"body": work})
                part_is_there(request)
    batches.require_schema()
    return kept, work


def _grow(grow: Callable[[int], None], batches: Batches, size: int) -> None:
    """Have room for a part of a message, beside the dictionaries before it."""
    grow(size + batches.held())


def _read(batches: Batches, message: Message) -> tuple[Batch, int]:
    """The rows of a message, and the bytes of their texts."""
    batch = batches.read(message)
    return batch, batch.bytes


def _blocks(batch: Batch) -> list[Batch]:
    return list(batch.blocks(BLOCK, _BLOCK_BYTES))


def ids_found(
    model: Scorer, batch: Batch, column: str, on_unknown: OnUnknown, kind: int | None, parameter: str
) -> Int64:
    """int64 (m,): the row of each id of a column, as `resolve`.

    Raises:
        InvalidRequestError: an id that is not known is no UTF-8.
    """
    try:
        return resolve(model, batch.columns[column], on_unknown, kind, [parameter], column)
    except UnicodeDecodeError:
        raise InvalidRequestError.of(column, "ids in UTF-8", "bytes that are not") from None


def require_columns(annotations: Annotations) -> None:
    """Refuse annotations that are no numbers.

    Raises:
        InvalidRequestError: there are some.
    """
    for field, has in (("include", annotations.support), ("interval", annotations.level is not None)):
        if has:
            raise InvalidRequestError.of(field, "include=calibrated at most in answers of Arrow", "more; ask for JSON")
