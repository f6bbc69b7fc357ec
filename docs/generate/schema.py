"""What a JSON schema says, in words: the type, bounds and default of a field, and the fields of an object."""

from collections.abc import Iterator, Mapping
from typing import Any

from docs.generate.markdown import item, plain, slug

Schema = Mapping[str, Any]  # JSON: foreign data

_FORMATS = {"path": "path", "password": "secret", "date-time": "time, ISO 8601", "binary": "bytes"}
_LARGEST = 2**53  # a bound beyond says no more than "64 bits"
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
}


def words(schema: Schema, *, links: bool = False) -> str:
    """The type of a value with its bounds, such as "integer, at least 1, or null".

    Args:
        schema: of the value.
        links: whether a named schema is a link to its heading on the same page.
    """
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"[{name}](#{slug(name)})" if links else "object"
    if options := schema.get("anyOf") or schema.get("oneOf"):
        bounds = {key: schema[key] for key in (*_BOUNDS, "maxItems") if key in schema}
        kinds = [words({**option, **bounds} if "type" in option else option, links=links) for option in options]
        return (", or " if any("," in kind for kind in kinds) else " or ").join(kinds)
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return _either([f"`{value}`" for value in schema["enum"]])
    kind = str(schema.get("type", "any JSON"))
    return " ".join(filter(None, [_kind(kind, schema, links), " and ".join(_limits(schema, kind))]))


def default(schema: Schema) -> str | None:
    """The default of a field in words; None where it has none that says anything."""
    value = schema.get("default")
    if value in (None, [], ""):
        return None
    return f"default `{str(value).lower() if isinstance(value, bool) else value}`"


def fields(
    schema: Schema, *, links: bool = False, definitions: Schema | None = None, depth: int = 0, given: bool = True
) -> Iterator[str]:
    """A list of the fields of an object.

    Args:
        schema: of the object.
        links: whether named schemas are links.
        definitions: named schemas whose fields are listed below the field that has them; none if None.
        depth: how many levels down the list begins.
        given: whether the reader gives the object, and so must know what is required; else what may be left out is marked.
    """
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        if given:
            facts = [words(field, links=links), "required" if name in required else default(field)]
        else:
            facts = [words(field, links=links), None if name in required else "not always there"]
        about = f": {plain(field['description'])}" if "description" in field else ""
        yield item(f"`{name}` ({', '.join(filter(None, facts))}){about}", depth)
        for inner in _named(field) if definitions is not None else ():
            yield from fields((definitions or {})[inner], definitions=definitions, depth=depth + 1, given=given)


def _named(schema: Schema) -> Iterator[str]:
    """The names of the schemas that a field refers to."""
    if "$ref" in schema:
        yield str(schema["$ref"]).rpartition("/")[2]
    for key in ("anyOf", "oneOf"):
        for option in schema.get(key, ()):
            yield from _named(option)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), Mapping):
            yield from _named(schema[key])


def _limits(schema: Schema, kind: str) -> Iterator[str]:
    """The bounds of a number, but for those of a 64-bit integer."""
    for key, text in _BOUNDS.items():
        if kind != "null" and key in schema and abs(schema[key]) < _LARGEST:
            yield text.format(f"{schema[key]:,.12g}")


def _either(options: list[str]) -> str:
    return " or ".join(options) if len(options) < 3 else f"{', '.join(options[:-1])} or {options[-1]}"


def _kind(kind: str, schema: Schema, links: bool) -> str:
    if kind == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(words(part, links=links) for part in schema['prefixItems'])}]"
        most = f"at most {schema['maxItems']:,} " if "maxItems" in schema else ""
        inner = words(schema["items"], links=links) if schema.get("items") else "value"
        return f"list of {most}{inner}s" if inner.isalpha() else f"list of {most}{inner}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {words(schema['additionalProperties'], links=links)}"
    return _FORMATS.get(schema.get("format", ""), kind)
