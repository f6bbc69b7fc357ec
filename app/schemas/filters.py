"""Filters of searches: conditions on columns of the node table, in the spirit of Qdrant's."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from operator import ge, gt, le, lt
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from typing_extensions import TypeAliasType

from latentlink.app.errors import InvalidRequestError
from latentlink.models.graph.filter_columns import RESERVED

MOST_CONDITIONS = 100
"""Of a filter: the conditions and the combined filters in all of its parts."""
MOST_VALUES = 1_000
"""Of one condition."""
DEEPEST = 10
"""Filters within each other."""


class Bounds(BaseModel):
    """A range of numbers, by bounds that must all hold; without any, whatever value there is, of any kind."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    gte: Annotated[float | None, Field(description="At least.")] = None
    gt: Annotated[float | None, Field(description="More than.")] = None
    lte: Annotated[float | None, Field(description="At most.")] = None
    lt: Annotated[float | None, Field(description="Less than.")] = None

    @property
    def bounds(self) -> list[tuple[Callable[[Any, float], Any], float]]:
        """The comparisons with the bounds that are given."""
        given = ((ge, self.gte), (gt, self.gt), (le, self.lte), (lt, self.lt))
        return [(compare, bound) for compare, bound in given if bound is not None]


Value = TypeAliasType("Value", str | bool | float)


def _form(condition: object) -> str:
    if isinstance(condition, dict | Bounds):
        return "dict[]"
    return "list[]" if isinstance(condition, list) else "constrained-value[]"


# The tags are such as `latentlink.models.fields` leaves out of the path of a field.
Condition = TypeAliasType(
    "Condition",
    Annotated[
        Annotated[Value, Tag("constrained-value[]")]
        | Annotated[list[Value], Field(max_length=MOST_VALUES, fail_fast=True), Tag("list[]")]
        | Annotated[Bounds, Tag("dict[]")],
        Discriminator(_form),
        Field(description="The value of a column; or a list, of which it is any; or a range."),
    ],
)
# The first wrong one alone is named: to describe all of many takes seconds, and the interpreter's lock.
_Parts = Annotated[list["Filter"], Field(fail_fast=True, json_schema_extra={"maxItems": MOST_CONDITIONS - 1})]


def _counted(given: object) -> Iterator[bool]:
    """One for a filter, as JSON has it, and for each condition and filter in it."""
    yield True
    for name, value in given.items() if isinstance(given, dict) else ():
        if name not in RESERVED:
            yield True
        elif value is not None:
            for part in value if isinstance(value, list) else [value]:
                yield from _counted(part)


class Filter(BaseModel):
    """Conditions on columns by their names, all of which must hold: a value, a list of which any will do, or a range.

    `and`, `or` and `not` combine filters. A node without a value meets no condition on it, and so every negation of one.
    """

    model_config = ConfigDict(
        strict=True,
        extra="allow",
        frozen=True,
        allow_inf_nan=False,
        json_schema_extra={"examples": [{"city": "Rome", "age": {"gte": 18}}]},
    )
    __pydantic_extra__: dict[str, Condition] = Field(init=False)

    and_: Annotated[_Parts | None, Field(alias="and", description="All hold.")] = None
    or_: Annotated[_Parts | None, Field(alias="or", description="At least one holds.")] = None
    not_: Annotated["Filter | None", Field(alias="not", description="It does not hold.")] = None

    @model_validator(mode="before")
    @classmethod
    def _has_few_conditions(cls, given: object) -> object:
        """Counted before they are read, which takes far longer."""
        if any(islice(_counted(given), MOST_CONDITIONS, None)):
            raise InvalidRequestError.of("filter", f"at most {MOST_CONDITIONS} conditions and filters", "more")
        return given

    @property
    def parts(self) -> Iterator[tuple[str, "Filter"]]:
        """The filters that it combines, by where they stand."""
        for name, filters in (("and", self.and_), ("or", self.or_), ("not", self.not_ and [self.not_])):
            for place, part in enumerate(filters or ()):
                yield name if name == "not" else f"{name}.{place}", part

    @property
    def conditions(self) -> Mapping[str, Condition]:
        """The conditions on columns, by name."""
        return self.__pydantic_extra__
