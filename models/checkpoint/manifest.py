"""`manifest.json`: the facts of a checkpoint, and the digests of its files."""

import hashlib
import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Self

import orjson
from pydantic import AfterValidator, AwareDatetime, Field, JsonValue, ValidationError, model_validator

from latentlink.models.checkpoint.disk.files import FileEntry, read_bytes, read_line
from latentlink.models.errors import CheckpointError
from latentlink.models.facts.base import Facts
from latentlink.models.facts.published import ModelFacts

FORMAT_VERSION = 2
MANIFEST = "manifest.json"
MANIFEST_DIGEST = "manifest.sha256"
NAME_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,63}$"
VERSION_PATTERN = r"^[0-9]{8}T[0-9]{12}Z$"
VERSION_FORMAT = "%Y%m%dT%H%M%S%fZ"
_FILE = re.compile(r"(?!manifest\.)[\w-]+(\.[\w-]+)+", re.ASCII)  # none that a store has for itself, such as CURRENT


def is_version(text: str) -> bool:
    """Whether `text` is a version: a moment to the microsecond, before the year 9999, so that later ones exist."""
    try:
        return bool(re.fullmatch(VERSION_PATTERN, text)) and datetime.strptime(text, VERSION_FORMAT).year < 9999
    except ValueError:  # no day of the calendar
        return False


def format_version(facts: ModelFacts) -> int:
    """The format version of a checkpoint: the lowest whose readers understand it."""
    return 1 if facts.parts is None and not facts.directed and not facts.types else 2


def _require_version(text: str) -> str:
    if not is_version(text):
        raise ValueError("expected a moment such as 20260102T030405000000Z")
    return text


class Manifest(ModelFacts):
    """The facts of one checkpoint, with its name and version, the time of its publication and the files beside it."""

    format_version: int
    name: str = Field(pattern=NAME_PATTERN)
    version: Annotated[str, AfterValidator(_require_version)]
    created_at: AwareDatetime
    files: dict[str, FileEntry]

    @property
    def size(self) -> int:
        """Bytes of the files beside the manifest."""
        return sum(entry.bytes for entry in self.files.values())

    @model_validator(mode="after")
    def _parts_are_the_columns(self) -> Self:
        if self.format_version != format_version(self):
            raise ValueError(
                f"expected format_version 2 with parts, directed links or types, and 1 without, found {self.format_version}"
            )
        if self.parts is not None and (
            sum((self.parts.dense, self.parts.spectral, self.parts.bias)) != self.counts.dim
        ):
            raise ValueError(f"expected parts of counts.dim = {self.counts.dim:,} columns together, found others")
        return self

    @model_validator(mode="after")
    def _types_are_linked(self) -> Self:
        names = set(self.types)
        if len(names) < len(self.types):
            raise ValueError(f"expected distinct types, found {self.types}")
        if bool(self.types) != bool(self.linked) or any(not names.issuperset(pair) for pair in self.linked):
            raise ValueError(f"expected linked pairs of the types {self.types}, found {self.linked}")
        pairs = {tuple(pair if self.directed else sorted(pair)) for pair in self.linked}
        if len(pairs) < len(self.linked):
            raise ValueError(f"expected each linked pair once, found {self.linked}")
        return self

    @model_validator(mode="after")
    def _a_directed_model_has_no_shared_links(self) -> Self:
        if self.directed and self.parts is not None and self.parts.shared_links:
            raise ValueError("expected no parts.shared_links in a directed model, found them")
        return self

    @model_validator(mode="after")
    def _relations_are_of_complex(self) -> Self:
        if bool(self.relations) != (self.model == "complex"):
            raise ValueError(f"expected relations in a model of kind complex alone, found {len(self.relations):,}")
        if not self.relations:
            return self
        if len(self.relation_probabilities) not in (0, len(self.relations)):
            found = len(self.relation_probabilities)
            raise ValueError(f"expected relation_probabilities of {len(self.relations):,} relations, found {found:,}")
        if len(set(self.relations)) < len(self.relations):
            raise ValueError("expected distinct relations, found one of them twice")
        if not self.directed or self.types or self.parts is not None:
            raise ValueError(
                "expected relations of directed links between nodes of one type, without parts, found others"
            )
        if self.counts.dim % 2:
            raise ValueError(f"expected counts.dim of real and imaginary parts, so even, found {self.counts.dim:,}")
        return self


def read_manifest(directory: Path) -> Manifest:
    """The manifest of the checkpoint in `directory`, compared with its digest.

    Raises:
        CheckpointError: it is missing or damaged, a fact is not of its type, a name of a file leads elsewhere, or the format
            version is newer than this reader's.
    """
    return parse_manifest(
        read_bytes(directory / MANIFEST), read_line(directory / MANIFEST_DIGEST), directory / MANIFEST
    )


def parse_manifest(content: bytes, recorded: str, path: object) -> Manifest:
    """The manifest in the content of a file, compared with the digest that is recorded beside it.

    Args:
        content: of `manifest.json`.
        recorded: the only line of `manifest.sha256`.
        path: of the file, or its URL.

    Raises:
        CheckpointError: as `read_manifest`.
    """
    actual = hashlib.sha256(content).hexdigest()
    if recorded != actual:
        raise CheckpointError(
            f"{path}: expected sha256 {recorded!r} as in {MANIFEST_DIGEST}, found {actual!r}; it was damaged or edited"
        )
    document = _parse(path, content)
    try:
        found = _FormatVersion.model_validate(document).format_version
        if found > FORMAT_VERSION:
            raise CheckpointError(
                f"{path}: expected format_version {FORMAT_VERSION} or lower, found {found}; it needs a newer Latentlink"
            )
        manifest = Manifest.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the document"
        raise CheckpointError(f"{path}: expected a manifest, found {field}: {first['msg']}") from None
    for name in manifest.files:
        if not _FILE.fullmatch(name):
            raise CheckpointError(f"{path}: expected plain file names such as graph.safetensors, found {name!r}")
    return manifest


def _parse(path: object, content: bytes) -> JsonValue:
    """Parse JSON, and refuse what JSON can't hold: NaN, lone surrogates, deep nesting."""
    try:
        document: JsonValue = orjson.loads(content)
        orjson.dumps(document)
    except (ValueError, TypeError) as error:
        raise CheckpointError(f"{path}: expected a JSON document, found: {error}") from None
    return document


class _FormatVersion(Facts):
    format_version: int
