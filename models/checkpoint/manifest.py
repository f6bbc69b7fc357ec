"""`manifest.json`: what a checkpoint says of itself, and the digests that hold its files to it."""

import hashlib
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from models.errors import CheckpointError

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
MANIFEST_DIGEST = "manifest.sha256"
NAME_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,63}$"
VERSION_PATTERN = r"^\d{8}T\d{12}Z$"

ModelKind = Literal["ae", "vae", "gae", "vgae"]


class _Part(BaseModel):
    """Readers ignore what they do not know, so that optional fields need no new format version."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Counts(_Part):
    """Sizes: N nodes, E undirected edges known to the model, F features (0 without), D dimensions."""

    nodes: int = Field(ge=1)
    edges: int = Field(ge=0)
    features: int = Field(ge=0)
    dim: int = Field(ge=1)


class FileEntry(_Part):
    """Size and sha256 (hex) of one file beside the manifest."""

    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(_Part):
    """The facts of one checkpoint; `metrics` are of the evaluated run, in 0–1."""

    format_version: int
    name: str = Field(pattern=NAME_PATTERN)
    version: str = Field(pattern=VERSION_PATTERN)
    model: ModelKind
    encoder: str
    config: dict[str, Any]
    seed: int
    created_at: AwareDatetime
    software: dict[str, str]
    counts: Counts
    data_fingerprint: str
    metrics: dict[str, Any]
    training: dict[str, Any] = Field(default_factory=dict)
    calibration: dict[str, Any] | None = None
    files: dict[str, FileEntry]


def read_manifest(directory: Path) -> Manifest:
    """The manifest of the checkpoint in `directory`, held to its digest.

    Raises:
        CheckpointError: it is missing, damaged, or of a newer format version than this reader's.
    """
    path = directory / MANIFEST
    content = read_bytes(path)
    recorded = read_bytes(directory / MANIFEST_DIGEST).decode("ascii", "replace").strip()
    actual = hashlib.sha256(content).hexdigest()
    if recorded != actual:
        raise CheckpointError(
            f"{path}: expected sha256 {recorded!r} as in {MANIFEST_DIGEST}, found {actual!r}; it was damaged or edited"
        )
    try:
        found = _FormatVersion.model_validate_json(content).format_version
        if found > FORMAT_VERSION:
            raise CheckpointError(
                f"{path}: expected format_version {FORMAT_VERSION} or lower, found {found}; it needs a newer Latentlink"
            )
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the document"
        raise CheckpointError(f"{path}: expected a manifest, found {field}: {first['msg']}") from None


def digest_file(path: Path) -> FileEntry:
    """Size and sha256 of a file, read once in constant memory.

    Raises:
        CheckpointError: it is missing or can't be read.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return FileEntry(bytes=file.tell(), sha256=digest)
    except OSError as error:
        raise unreadable(path, error) from None


def read_bytes(path: Path) -> bytes:
    """The content of a file of a checkpoint.

    Raises:
        CheckpointError: it is missing or can't be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError) -> CheckpointError:
    """The error for a file that should be there and can't be read."""
    return CheckpointError(f"{path}: expected a readable file of a checkpoint, found: {error.strerror or error}")


class _FormatVersion(_Part):
    format_version: int
