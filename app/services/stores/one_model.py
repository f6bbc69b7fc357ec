"""One model of a store, for a program that opens it by name: the others are not looked at."""

from pathlib import Path

from latentlink.app.services.stores.store import ModelStore
from latentlink.models.errors import CheckpointError


class OneModel(ModelStore):
    """Follows `CURRENT` of one model, or holds one version of it.

    Args:
        home: the model's directory, in a store.
        version: to hold; None follows `CURRENT`.

    Raises:
        CheckpointError: the version is missing or damaged.
    """

    def __init__(self, home: Path, version: str | None) -> None:
        self._home, self._version = home, version
        super().__init__(home.parent, home.name)
        self.refresh()
        if missing := self.missing():
            raise CheckpointError("; ".join(missing.values()))

    def _names(self) -> list[str]:
        return [self._home.name]

    def _wanted(self, home: Path) -> str:
        return self._version or super()._wanted(home)
