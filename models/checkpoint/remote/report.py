"""What the process that mirrors a store tells the others of the same directory: what is there, and what can't be copied."""

from pathlib import Path

from pydantic import Field, ValidationError

from latentlink.models.checkpoint.disk.files import read_bytes
from latentlink.models.errors import CheckpointError
from latentlink.models.facts.base import Facts

_REPORT = ".mirror.json"


class Report(Facts):
    """The last look at the storage.

    Attributes:
        looked: whether one has ended.
        store: why it can't be listed, None where it can.
        models: those that have a current version there; with the reason where that can't be copied, else None.
    """

    looked: bool = False
    store: str | None = None
    models: dict[str, str | None] = Field(default_factory=dict)


def write_report(root: Path, report: Report) -> None:
    """Leave a report in the directory of copies.

    Raises:
        OSError: it can't be written.
    """
    temporary = root / f"{_REPORT}.new"
    temporary.write_text(report.model_dump_json(), "utf-8")
    temporary.rename(root / _REPORT)


def read_report(root: Path) -> Report:
    """The report in a directory of copies; an empty one where there is none yet."""
    try:
        return Report.model_validate_json(read_bytes(root / _REPORT))
    except (CheckpointError, ValidationError):
        return Report()
