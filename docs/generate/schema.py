"""A JSON schema in words: the type, bounds and default of a field, and the fields of an object."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from docs.generate.markdown import item, plain, slug

Schema = Mapping[str, Any]  # JSON: foreign data

_FORMATS = {"path": "path", "uri": "URL", "password": "secret", "date-time": "time, ISO 8601", "binary": "bytes"}
_LARGEST = 2**53  # a bound beyond says no more than "64 bits"
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
}


def with_values(node: Any, definitions: Schema) -> Any:
    """A schema with named values, such as choices, where it refers to them; objects with fields stay references."""
    if isinstance(node, list):
        return [with_values(item, definitions) for item in node]
    if not isinstance(node, Mapping):
        return node
    name = str(node.get("$ref")).rpartition("/")[2]
    if name in definitions and "properties" not in definitions[name]:
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return with_values({**definitions[name], **beside}, definitions)
    return {key: with_values(value, definitions) for key, value in node.items()}


def words(schema: Schema, *, page: str | None = None) -> str:
    """The type of a value with its bounds, such as "integer, at least 1, or null".

    Args:
        schema: of the value.
        page: the page with a heading for each named schema, to which they are links; "" is the same page, None no page.
    """
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return "object" if page is None else f"[{name}]({page}#{slug(name)})"
    if options := schema.get("anyOf") or schema.get("oneOf"):
        bounds = {key: schema[key] for key in (*_BOUNDS, "maxItems") if key in schema}
        kinds = [words({**option, **bounds} if "type" in option else option, page=page) for option in options]
        return (", or " if any("," in kind for kind in kinds) else " or ").join(kinds)
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return _either([f"`{value}`" for value in schema["enum"]])
    if isinstance(schema.get("type"), list):
        return " or ".join(schema["type"])
    kind = str(schema.get("type", "any JSON"))
    return " ".join(filter(None, [_kind(kind, schema, page), " and ".join(_limits(schema, kind))]))


def default(schema: Schema) -> str | None:
    """The default of a field in words; None if it is missing or empty."""
    value = schema.get("default")
    if value in (None, [], ""):
        return None
    return f"default `{str(value).lower() if isinstance(value, bool) else value}`"


def fields(
    schema: Schema,
    *,
    page: str | None = None,
    definitions: Schema | None = None,
    headed: Collection[str] = (),
    depth: int = 0,
    given: bool = True,
) -> Iterator[str]:
    """A list of the fields of an object; those that differ in name alone share an item.

    Args:
        schema: of the object.
        page: the page with headings of named schemas, as for `words`; of all of them if there are no `definitions`.
        definitions: named schemas whose fields are listed below the field that has them; none if None.
        headed: names among `definitions` that have a heading on `page`: they are links to it, and are not listed here.
        depth: how many levels down the list begins.
        given: whether the reader gives the object, and so must know what is required; else optional fields are marked.
    """
    for names, field, required in _grouped(schema):
        named = list(_named(field))
        kind = words(field, page=page if definitions is None or any(inner in headed for inner in named) else None)
        presence = ("required" if required else default(field)) if given else (None if required else "optional")
        about = f": {plain(field['description'])}" if "description" in field else ""
        shown = ", ".join(f"`{name}`" for name in names)
        yield item(f"{shown} ({', '.join(filter(None, [kind, presence]))}){about}", depth)
        for inner in named if definitions is not None else ():
            if inner not in headed:
                part = (definitions or {})[inner]
                yield from fields(part, page=page, definitions=definitions, headed=headed, depth=depth + 1, given=given)


def _grouped(schema: Schema) -> Iterator[tuple[list[str], Schema, bool]]:
    """Names of fields, their schema, and whether they are required; fields that differ in name alone are together."""
    groups: list[tuple[list[str], Schema, bool]] = []
    for name, field in schema.get("properties", {}).items():
        facts = {key: value for key, value in field.items() if key != "title"}
        required = name in schema.get("required", ())
        same = (names for names, *others in groups if others == [facts, required])
        if (names := next(same, None)) is None:
            groups.append(([name], facts, required))
        else:
            names.append(name)
    return iter(groups)


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


def _kind(kind: str, schema: Schema, page: str | None) -> str:
    if kind == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(words(part, page=page) for part in schema['prefixItems'])}]"
        most = f"at most {schema['maxItems']:,} " if "maxItems" in schema else ""
        inner = words(schema["items"], page=page) if schema.get("items") else "value"
        return f"list of {most}{inner}s" if inner.isalpha() else f"list of {most}{inner}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {words(schema['additionalProperties'], page=page)}"
    return _FORMATS.get(schema.get("format", ""), kind)
