"""The models in the copies of a store in object storage, which a `Mirror` of this process or another one keeps up to date."""

import sys
from collections.abc import Collection
from pathlib import Path
from typing import NoReturn

from latentlink.app.errors import ReadOnlyStoreError
from latentlink.app.services.lookup import NOBODY, Observer
from latentlink.app.services.stores.store import ModelStore
from latentlink.models.checkpoint.remote.location import StoreURL
from latentlink.models.checkpoint.remote.report import Report, read_report


class MirroredStore(ModelStore):
    """A store that knows what the mirror reports: models that are still being copied, or can't be.

    Args:
        url: that is mirrored.
        root: the directory of the copies.
        default, required, observer, max_open: as of `ModelStore`.
    """

    def __init__(
        self,
        url: StoreURL,
        root: Path,
        default: str | None,
        required: Collection[str] = (),
        observer: Observer = NOBODY,
        max_open: int = sys.maxsize,
    ) -> None:
        super().__init__(root, default, required, observer, max_open=max_open)
        self._url, self._place, self._report = url, url, Report()
        self._remedy = "push one"

    def refresh(self) -> None:
        """As that of `ModelStore`, with what the mirror reports."""
        super().refresh()
        self._report = read_report(self._root)

    def degraded(self) -> dict[str, str]:
        """As that of `ModelStore`, and what is not copied, or can't be compared with the storage."""
        report, models = self._report, self.models
        waiting = f"still being copied from {self._url}"
        mirrored = {name: why or waiting for name, why in report.models.items() if why or name not in models}
        url = str(self._url)
        why = report.store or (None if report.looked else "was not looked at yet")
        store = {url: why.removeprefix(f"{url}: ")} if why else {}
        return mirrored | super().degraded() | store

    def activate(self, spec: str, version: str) -> NoReturn:
        """Refused: what is current is decided in the storage.

        Raises:
            ReadOnlyStoreError: always.
        """
        raise ReadOnlyStoreError(
            f"checkpoints: expected a directory to write to, found copies of {self._url}; activate it there: "
            f"`latentlink activate {spec} {version} --checkpoints {self._url}`"
        )

    def _meant_by_default(self) -> list[str]:
        return [self._default] if self._default else sorted({*super()._meant_by_default(), *self._report.models})
