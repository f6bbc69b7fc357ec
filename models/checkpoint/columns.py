"""`columns.safetensors`: the columns by which searches filter, in the order in which the manifest names them.

The tensors of the i-th column begin with `i.`: `codes`, `bytes` and `offsets` of texts, `numbers`, or `booleans`.
"""

from collections.abc import Mapping
from itertools import pairwise, starmap
from operator import lt

import numpy as np

from latentlink.models.arrays import Array
from latentlink.models.checkpoint.manifest import Manifest
from latentlink.models.checkpoint.verify import in_utf8, require, require_array, require_offsets
from latentlink.models.facts.columns import BooleanColumnFacts, ColumnFacts, NumberColumnFacts, TextColumnFacts
from latentlink.models.graph.filter_columns import (
    MOST_TEXTS,
    RESERVED,
    UNKNOWN,
    BooleanColumn,
    FilterColumn,
    FilterColumns,
    NumberColumn,
    TextColumn,
)
from latentlink.models.graph.types import NodeTypes

COLUMNS = "columns.safetensors"
_COMMON = 10  # texts that facts name


def column_files(columns: FilterColumns) -> dict[str, dict[str, Array]]:
    """The file that holds some columns; none without any."""
    tensors = {
        f"{place}.{name}": tensor
        for place, column in enumerate(columns.values())
        for name, tensor in _tensors(column).items()
    }
    return {COLUMNS: tensors} if columns else {}


def column_facts(columns: FilterColumns, types: NodeTypes | None = None) -> list[ColumnFacts]:
    """What the manifest says of some columns of nodes that have types, or none."""
    return [_facts(name, column).model_copy(update=_types(column, types)) for name, column in columns.items()]


def _types(column: FilterColumn, types: NodeTypes | None) -> dict[str, list[str]]:
    """The types that have the column, where others lack it."""
    if types is None:
        return {}
    cells = np.bincount(types.of[column.known(slice(None))], minlength=len(types.names))
    return (
        {}
        if cells.all()
        else {"types": [name for name, known in zip(types.names, cells.tolist(), strict=True) if known]}
    )


def read_columns(tensors: Mapping[str, Array], manifest: Manifest) -> dict[str, FilterColumn]:
    """The columns in their file, by name.

    Raises:
        KeyError: a tensor is missing.
    """
    return {facts.name: _column(tensors, f"{place}.", facts.kind) for place, facts in enumerate(manifest.columns)}


def verify_columns(tensors: Mapping[str, Array], manifest: Manifest) -> None:
    """Check that there are N cells of each column that the manifest names, and that they are as it describes them.

    Raises:
        CheckpointError: they are not.
        KeyError: a tensor is missing.
    """
    names = [facts.name for facts in manifest.columns]
    sound = len({*names}) == len(names) and not {*names} & {*RESERVED}
    require("manifest.json, columns", sound, f"distinct names, none of {', '.join(RESERVED)}", f"{names}")
    for place, facts in enumerate(manifest.columns):
        _verify_cells(tensors, f"{place}.", facts.kind, manifest.counts.nodes)
        column = _column(tensors, f"{place}.", facts.kind)
        if isinstance(column, TextColumn):
            rising = all(starmap(lt, pairwise(column.texts)))
            require(f"{COLUMNS}, {place}.bytes", rising, "texts that rise", "others")
        found = _facts(facts.name, column)
        same = found.document().items() <= facts.document().items()  # which a later version may have more of
        require(f"{COLUMNS}, {place}.", same, f"the column {facts.name!r} that the manifest describes", "another one")


def _facts(name: str, column: FilterColumn) -> ColumnFacts:
    if isinstance(column, BooleanColumn):
        _, true, missing = np.bincount(column.booleans, minlength=UNKNOWN + 1).tolist()
        return BooleanColumnFacts(name=name, kind="boolean", missing=missing, true=true)
    if isinstance(column, NumberColumn):
        known = column.numbers[~np.isnan(column.numbers)]
        least, greatest = (float(known.min()), float(known.max())) if len(known) else (None, None)
        missing = len(column.numbers) - len(known)
        return NumberColumnFacts(name=name, kind="number", missing=missing, least=least, greatest=greatest)
    counts = np.bincount(column.codes + 1, minlength=len(column.texts) + 1)
    common = [column.texts[code] for code in np.argsort(-counts[1:], kind="stable")[:_COMMON].tolist()]
    return TextColumnFacts(name=name, kind="text", missing=int(counts[0]), distinct=len(column.texts), common=common)


def _tensors(column: FilterColumn) -> dict[str, Array]:
    if isinstance(column, NumberColumn):
        return {"numbers": column.numbers}
    if isinstance(column, BooleanColumn):
        return {"booleans": column.booleans}
    texts = [text.encode() for text in column.texts]
    offsets = np.append(0, np.cumsum([len(text) for text in texts], dtype=np.int64))
    return {"codes": column.codes, "bytes": np.frombuffer(b"".join(texts), np.uint8), "offsets": offsets}


def _column(tensors: Mapping[str, Array], at: str, kind: str) -> FilterColumn:
    if kind == "number":
        return NumberColumn(tensors[f"{at}numbers"])
    if kind == "boolean":
        return BooleanColumn(tensors[f"{at}booleans"])
    content, offsets = tensors[f"{at}bytes"].tobytes(), tensors[f"{at}offsets"].tolist()
    texts = tuple(content[start:end].decode() for start, end in pairwise(offsets))
    return TextColumn(texts, tensors[f"{at}codes"])


def _verify_cells(tensors: Mapping[str, Array], at: str, kind: str, n: int) -> None:
    what = f"{COLUMNS}, {at}"
    if kind == "number":
        numbers = tensors[f"{at}numbers"]
        require_array(f"{what}numbers", numbers, (n,), np.float64)
        require(f"{what}numbers", not np.isinf(numbers).any(), "finite numbers or NaN", "infinity")
    elif kind == "boolean":
        booleans = tensors[f"{at}booleans"]
        require_array(f"{what}booleans", booleans, (n,), np.uint8)
        require(f"{what}booleans", int(booleans.max()) <= UNKNOWN, f"0, 1 or {UNKNOWN}", "others")
    else:
        content, offsets, codes = (tensors[f"{at}{name}"] for name in ("bytes", "offsets", "codes"))
        require_array(f"{what}offsets", offsets, (None,), np.int64)
        count = len(offsets) - 1
        require(f"{what}offsets", 0 <= count <= MOST_TEXTS, f"0 to {MOST_TEXTS:,} texts", f"{count:,}")
        require_array(f"{what}bytes", content, (None,), np.uint8)
        require_offsets(f"{what}offsets", offsets, count, len(content))
        require(f"{what}bytes", in_utf8(content.tobytes(), content, offsets), "texts in UTF-8", "other bytes")
        require_array(f"{what}codes", codes, (n,), np.int32)
        inside = int(codes.min()) >= -1 and int(codes.max()) < count
        require(f"{what}codes", inside, f"places of {count:,} texts, or −1", "others")
