"""XML without entities: they can hold other files, and a text that grows a billion times."""

import contextlib
from pathlib import Path
from typing import IO
from xml.parsers import expat

from latentlink.models.errors import DataError


def refuse_entities(path: Path, file: IO[bytes]) -> None:
    """Read up to the first element: entities are declared before it or nowhere.

    Raises:
        DataError: one is declared.
    """
    parser = expat.ParserCreate()
    started = False

    def start(*_: object) -> None:
        nonlocal started
        started = True

    def refuse(name: str, *_: object) -> None:
        raise DataError(
            f"{path}, line {parser.CurrentLineNumber}: entity: expected none declared, found {name!r}; "
            "write its text where it is used"
        )

    parser.StartElementHandler = start
    parser.EntityDeclHandler = refuse
    with contextlib.suppress(expat.ExpatError):  # The parser of the whole file gives the better message.
        while not started and (chunk := file.read(1 << 16)):
            parser.Parse(chunk)
