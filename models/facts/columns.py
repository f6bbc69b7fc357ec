"""What a manifest says of the columns by which searches filter; `latentlink.models.graph.filter_columns` holds the cells."""

from typing import Annotated, Literal

from pydantic import Field

from latentlink.models.facts.base import Count, Facts, Number

Missing = Annotated[Count, Field(description="Nodes without a value.")]
_TYPES = "Types whose nodes have values; absent where nodes of every type have some, or all are of one type."


class TextColumnFacts(Facts):
    """A column of texts."""

    name: str
    kind: Literal["text"]
    missing: Missing
    distinct: Count = Field(description="Different texts.")
    common: list[str] = Field(description="Up to ten texts, those of most nodes first.")
    types: list[str] = Field(default_factory=list, description=_TYPES)


class NumberColumnFacts(Facts):
    """A column of numbers."""

    name: str
    kind: Literal["number"]
    missing: Missing
    least: Number | None = Field(description="Null where every node lacks a value.")
    greatest: Number | None
    types: list[str] = Field(default_factory=list, description=_TYPES)


class BooleanColumnFacts(Facts):
    """A column of true and false."""

    name: str
    kind: Literal["boolean"]
    missing: Missing
    true: Count = Field(description="Nodes for which it is true.")
    types: list[str] = Field(default_factory=list, description=_TYPES)


ColumnFacts = Annotated[TextColumnFacts | NumberColumnFacts | BooleanColumnFacts, Field(discriminator="kind")]
