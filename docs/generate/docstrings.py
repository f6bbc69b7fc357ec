"""Public names of the Python API as Markdown, from their signatures and docstrings."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

from docs.generate.markdown import item, paragraph, plain

_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Examples?):\n((?:    .*\n|\n)+)", re.MULTILINE)
_ENTRY = re.compile(r"^(\w+(?:, \w+)*): (.+(?:\n    .+)*)", re.MULTILINE)


def described(name: str, value: Any) -> str:
    """A function, or a class with its public methods and properties."""
    parts = [f"## {name}"]
    if not inspect.isclass(value) or "__init__" in vars(value):
        parts.append(f"```text\n{paragraph(f'{name}{_call(value)}')}\n```")
    parts += map(_block, _about(value))
    parts += _lists(value)
    if inspect.isclass(value):
        members = ((member, one) for member, one in vars(value).items() if not member.startswith("_"))
        parts.append("\n".join(_member(member, one) for member, one in members if inspect.getdoc(one)))
    return "\n\n".join(parts)


def _call(value: Any) -> str:
    """The parameters of a callable with their defaults; the text has their types."""
    given = inspect.signature(value)
    own = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for name, parameter in given.parameters.items()
        if name != "self"
    ]
    return str(inspect.Signature(own))


def _member(name: str, value: Any) -> str:
    called = f"{name}{_call(value)}" if callable(value) else name
    return "\n".join([item(f"`{called}`: {plain(' '.join(_about(value)))}"), *_lists(value, depth=1)])


def _about(value: Any) -> list[str]:
    """The paragraphs of a docstring before its sections."""
    text = _SECTION.sub("", f"{inspect.getdoc(value)}\n").strip()
    return text.split("\n\n")


def _block(part: str) -> str:
    """A paragraph, or a list."""
    if not part.startswith("- "):
        return paragraph(plain(part))
    return "\n".join(item(plain(one)) for one in re.split(r"^- ", part, flags=re.MULTILINE)[1:])


def _lists(value: Any, depth: int = 0) -> Iterator[str]:
    """A list for each section of a docstring; an example is left to the code."""
    for section, body in _SECTION.findall(f"{inspect.getdoc(value)}\n"):
        if section == "Returns":
            yield item(f"Returns: {plain(body)}", depth)
        elif not section.startswith("Example"):
            kind = "Raises " if section == "Raises" else ""
            entries = _ENTRY.findall(inspect.cleandoc(f"\n{body}"))
            yield "\n".join(item(f"{kind}`{name}`: {plain(about)}", depth) for name, about in entries)
