"""Arrow streams as other programs write them (arro3, another implementation), and answers as Python has them."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from arro3.core import Array, DataType, Field, Schema, Table
from arro3.io import read_ipc_stream, write_ipc_stream

from tests.support import Client, Response

ARROW = "application/vnd.apache.arrow.stream"
END = b"\xff\xff\xff\xff\x00\x00\x00\x00"


def column(values: Sequence[Any], kind: DataType | None = None) -> Array:
    """A column of a type, of texts by default."""
    return Array(values, kind or DataType.utf8())


def dictionary(values: Sequence[str]) -> Array:
    """Texts as indices into the distinct ones."""
    return column(values).cast(DataType.dictionary(DataType.int8(), DataType.utf8()))


def stream(columns: Mapping[str, Array], rows: int | None = None, **options: Any) -> bytes:
    """Columns as a stream, so many rows in a batch."""
    schema = Schema([Field(name, values.type, nullable=True) for name, values in columns.items()])
    table, sink = Table.from_pydict(dict(columns), schema=schema), io.BytesIO()
    if rows is not None:
        table = table.rechunk(max_chunksize=rows)
    write_ipc_stream(table, sink, **{"compression": None, **options})
    return sink.getvalue()


def pairs_stream(pairs: Sequence[Sequence[str]], rows: int | None = None) -> bytes:
    """Pairs as a stream."""
    return stream({"source": column([one for one, _ in pairs]), "target": column([other for _, other in pairs])}, rows)


def post(client: Client, url: str, content: bytes, **params: Any) -> Response:
    """The answer to a body of Arrow."""
    answer: Response = client.post(url, content=content, params=params, headers={"Content-Type": ARROW})
    return answer


def columns_of(response: Response) -> dict[str, list[Any]]:
    """The columns of a whole answer."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == ARROW
    assert response.content.endswith(END)
    table: Any = read_ipc_stream(io.BytesIO(response.content)).read_all()
    return {name: [value.as_py() for value in table[name]] for name in table.column_names}


def facts_of(response: Response) -> dict[str, str]:
    """What the schema of an answer has beside its columns."""
    metadata = read_ipc_stream(io.BytesIO(response.content)).schema.metadata
    return {name.decode(): text.decode() for name, text in metadata.items()}
