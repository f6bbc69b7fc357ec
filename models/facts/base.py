"""The base of all facts: models that are read from JSON and written back unchanged."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, Strict

Integer = Annotated[int, Field(ge=-(2**63), lt=2**63)]  # what JSON's readers and numpy can hold
Count = Annotated[int, Strict(), Field(ge=0, lt=2**63)]
Positive = Annotated[int, Strict(), Field(ge=1, lt=2**63)]
Number = Annotated[float, Strict()]
Share = Annotated[float, Strict(), Field(ge=0, le=1)]
Measured = Number | None  # None where it could not be measured, and in JSON where it is not finite
Flag = Annotated[bool, Strict()]


class Facts(BaseModel):
    """Facts of one subject.

    Older manifests lack some facts and newer ones have more, without a new format version: fields that were added later have
    a default, and unknown members are kept.
    """

    model_config = ConfigDict(
        frozen=True, extra="allow", validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )

    def document(self) -> dict[str, JsonValue]:
        """The given values, without defaults, by their names on disk in the order of the fields."""
        return self.model_dump(exclude_unset=True)
