"""The file formats, the manifest's fields, the methods of the Python client and the Python API, from their list and classes."""

import inspect
import re
from typing import Any

from docs.generate import code, service
from docs.generate.docstrings import described
from docs.generate.markdown import item, plain, table
from docs.generate.schema import fields, with_values


def manifest() -> str:
    """Every field of `manifest.json`; an object that the service answers with as well is a link to the page of routes."""
    schema, headed = code.Manifest.model_json_schema(), service.answer_objects()
    schema = with_values(schema, schema["$defs"])
    return "\n".join(fields(schema, page="routes.md", definitions=schema["$defs"], headed=headed, given=False))


def formats() -> str:
    """Every file format: its suffixes, what it holds, what errors name, and what reads it."""
    words = {True: "yes", False: "no"}
    rows = [
        (
            ", ".join(f"`{suffix}`" for suffix in form.suffixes),
            form.name,
            words[form.edges],
            form.features,
            words[form.packed],
            f"{form.library} (`{form.extra}`)" if form.extra else form.library,
        )
        for form in code.FILE_FORMATS
    ]
    return table(("suffix", "format", "links", "nodes", "packed", "read by"), rows)


def client_methods() -> str:
    """Every method of the client: how it is called, what it returns and its one line."""
    methods = ((name, method) for name, method in vars(code.Client).items() if not name.startswith("_"))
    return "\n".join(
        item(f"`{name}{_signature(method)}`: {plain(inspect.getdoc(method) or '')}") for name, method in methods
    )


def client_options() -> str:
    """The keyword arguments that methods share, each with its meaning where it stands first."""
    lines: dict[str, None] = {}
    for options, body in code.OPTIONS.items():
        whole = body.model_json_schema()
        schema = with_values(whole["properties"], whole["$defs"])
        own = {name: next(fields({"properties": {name: schema[name]}}, depth=1)) for name in options.__annotations__}
        above = ", ".join(f"`{name}`" for name, line in own.items() if line in lines)
        beside = f" Also {above}, as above." if above else ""
        lines[item(f"`**{options.__name__}`: {plain(inspect.getdoc(options) or '')}{beside}")] = None
        lines |= dict.fromkeys(own.values())
    return "\n".join(lines)


def python_api() -> str:
    """What Python has beside the client: each function and class with its arguments, results and errors."""
    return "\n\n".join(described(name, value) for name, value in code.PYTHON.items())


def _signature(method: Any) -> str:
    given = inspect.signature(method)
    own = given.replace(parameters=[parameter for name, parameter in given.parameters.items() if name != "self"])
    return re.sub(r"typing(?:_extensions)?\.|collections\.abc\.|latentlink\.[\w.]*\.", "", str(own))
