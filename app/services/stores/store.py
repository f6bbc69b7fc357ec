"""The models of a directory of checkpoints: which version of each is served, and those that are open."""

import logging
import sys
import threading
from collections.abc import Collection, Mapping
from pathlib import Path

from latentlink.app.errors import AmbiguousModelError, NotReadyError, UnknownModelError, unknown_model
from latentlink.app.services.lookup import NOBODY, Observer
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.stores.activation import Activation
from latentlink.app.services.stores.catalog import Catalog, Served
from latentlink.app.services.stores.disk import on_disk
from latentlink.app.services.stores.versions import OpenVersions
from latentlink.models.checkpoint import Cache, Manifest
from latentlink.models.checkpoint.absent import unknown_version
from latentlink.models.checkpoint.disk.files import open_whole
from latentlink.models.checkpoint.manifest import is_version
from latentlink.models.checkpoint.store import current_version, look_at_version, model_names
from latentlink.models.errors import CheckpointError
from latentlink.models.wording import MOST_LISTED, listed

logger = logging.getLogger(__name__)


class ModelStore:
    """Follows `CURRENT` of every model under a directory.

    Up to `max_open` models are opened when they are found; of more, each is opened at its first request, and until then its
    manifest and the sizes of its files vouch for it. `refresh` and `open` block on the disk and belong in threads; everything
    else is immediate.

    Args:
        root: directory of checkpoints; it need not exist yet.
        default: the model that `default` means, or None for the only one, served or not.
        required: models that the service is not ready without, beside the default one; always opened when they are found.
        observer: of the models.
        cache: of copies that are mapped instead of the files under `root`, or None.
        max_open: models whose current versions are open at the same time; all by default.
    """

    def __init__(
        self,
        root: Path,
        default: str | None,
        required: Collection[str] = (),
        observer: Observer = NOBODY,
        cache: Cache | None = None,
        max_open: int = sys.maxsize,
    ) -> None:
        self._root = root
        self._place: object = root  # in messages
        self._remedy = "train one"  # where it has none
        self._cache = cache
        self._cached: frozenset[str] = frozenset()
        self._default = default
        self._required = sorted({*required, *([default] if default else [])})
        self._max_open = max_open
        self._unreadable: str | None = "still being read for the first time"  # or why the directory can't be
        self._activation = Activation(root)
        self._catalog = Catalog(root, self._wanted, observer)
        self._versions = OpenVersions(root, max_open, open_whole if cache is None else cache.open, observer)
        self._changing = threading.Lock()  # held by who changes the catalog

    @property
    def default(self) -> str | None:
        """The served model that `default` means, if any."""
        meant = self._meant_by_default()
        return meant[0] if len(meant) == 1 and meant[0] in self.models else None

    @property
    def models(self) -> Mapping[str, Served]:
        """The served models by name, in order of name, whether they are open or not."""
        return self._catalog.served

    def missing(self) -> dict[str, str]:
        """What keeps the service from being ready, by name, each with the reason; empty once it is ready."""
        absent, reasons = f"no checkpoint of this model in {self._place}", self.degraded()
        missing = {name: reasons.get(name, absent) for name in self._required if name not in self.models}
        if not self.models:
            missing |= reasons or {"models": f"expected a checkpoint in {self._place}, found none; {self._remedy}"}
        return missing

    def degraded(self) -> dict[str, str]:
        """Where `CURRENT` is not served, or the disk can't be read, by name, each with the reason.

        Another version stands in for those among `models`, and the reason ends with how to stay with it; the others are not
        served.
        """
        return self._catalog.reasons() | ({str(self._place): self._unreadable} if self._unreadable else {})

    def name(self, spec: str) -> str:
        """The name in `name`, `name@version` or `default`, whether there is such a model or not.

        Raises:
            AmbiguousModelError, NotReadyError: as `get`, for `default`.
        """
        name = spec.partition("@")[0]
        return self._default_name() if name == "default" else name

    def get(self, spec: str) -> Scorer:
        """The model that `name`, `name@version` or `default` means.

        Raises:
            AmbiguousModelError: `default` could mean several.
            NotReadyError: the model, or any model for `default`, can't be served, or is not found yet.
            UnknownModelError: there is none of that name.
            NotOpenError: the version is closed, or another one than the current one, which `open` may find on the disk.
        """
        name, (_, at, version) = self.name(spec), spec.partition("@")
        served = self._catalog.served.get(name)
        if served is None:
            if reason := self.degraded().get(name) or self.missing().get(name):
                raise NotReadyError(f"model {name}: expected a loaded checkpoint, found: {reason}", name)
            raise unknown_model(name, self.models)
        if at and version != served.version and not is_version(version):
            raise UnknownModelError(unknown_version(name, version, self.published(name)))
        return self._versions.get(name, version if at else served.version)

    def open(self, name: str, version: str) -> Scorer | None:
        """A version that `get` found closed, opened; None if it was served and can't be: `get` then finds what is, if anything.

        Raises:
            UnknownModelError: there is no such version.
            NotReadyError: it is another one than the served one, and damaged.
        """
        served = self.models.get(name)
        current = served is not None and served.version == version
        if not current and not (self._root / name / version).is_dir():
            raise UnknownModelError(unknown_version(name, version, on_disk(self._root / name)))
        try:
            opened = self._versions.open(name, version, current=current)
        except Exception as error:  # as in a look: a bug that one checkpoint meets must not be met at each request
            if not current:
                if isinstance(error, CheckpointError):
                    raise NotReadyError(f"{name}@{version}: {error}", name) from None
                raise
            with self._changing:
                self._catalog.reject(name, version, error, self._accept)
            return None
        self._versions.close_oldest()
        return opened

    def opened(self) -> dict[str, list[Scorer]]:
        """The versions that are open, oldest first, by the names of their models."""
        versions: dict[str, list[Scorer]] = {}
        for one in sorted(self._versions.opened(), key=lambda one: one.version):
            versions.setdefault(one.name, []).append(one)
        return versions

    def published(self, name: str) -> list[str]:
        """The versions of a served model that were on the disk at the last look, oldest first; `name@version` opens each."""
        served = self.models[name]
        return sorted({served.version, *served.published})

    def activate(self, spec: str, version: str) -> str:
        """Verify a version and let `CURRENT` of `name` or `default` name it; the next look serves it. Blocks on the disk.

        Returns:
            The model's name.

        Raises:
            AmbiguousModelError, NotReadyError: as `get`, for `default`.
            ConflictError, ReadOnlyStoreError, UnknownModelError: as `Activation.activate`.
        """
        name = self._default_name() if spec == "default" else spec
        self._activation.activate(name, version)
        return name

    def refresh(self) -> None:
        """Find what is new or changed and forget what is gone, as `Catalog.look`."""
        try:
            names = self._names()
        except CheckpointError as error:
            reason = str(error)
            if self._unreadable != reason:
                logger.error("can't look for checkpoints: %s", reason)  # noqa: TRY400  # the reason is enough
            self._unreadable = reason
            return
        accept = self._accept if len(names) > self._max_open else self._accept_open
        with self._changing:
            self._catalog.look(names, accept)
        self._unreadable = None
        self._versions.keep_only({name: served.version for name, served in self.models.items()})
        self._versions.close_oldest()
        self._clear_cache()

    def _accept_open(self, name: str, version: str) -> Manifest:
        return self._versions.open(name, version, current=True).checkpoint.manifest

    def _accept(self, name: str, version: str) -> Manifest:
        """As `_accept_open` for models that must be there or that others work with, which notice no swap; else by a look."""
        served = self.models.get(name)
        if name in self._required or (served is not None and self._versions.keeps(name, served.version)):
            return self._accept_open(name, version)
        return look_at_version(self._root / name, name, version)

    def _clear_cache(self) -> None:
        """Remove the copies of versions that are neither served nor open."""
        if self._cache is None:
            return
        manifests = [served.manifest for served in self.models.values()]
        manifests += [one.checkpoint.manifest for one in self._versions.opened()]
        used = frozenset(entry.sha256 for manifest in manifests for entry in manifest.files.values())
        if used != self._cached:
            self._cached = used
            try:
                self._cache.keep_only(used)
            except CheckpointError as error:
                logger.warning("can't remove copies: %s", error)

    def _names(self) -> list[str]:
        names = model_names(self._root)
        if self.models and not self._root.is_dir():
            raise CheckpointError(f"{self._root}: expected the directory of checkpoints, found none; is it mounted?")
        return names

    def _wanted(self, home: Path) -> str:
        return current_version(home)

    def _meant_by_default(self) -> list[str]:
        """The names that `default` may stand for; a model that can't be loaded counts, or another one would answer for it."""
        return [self._default] if self._default else sorted({*self.models, *self._catalog.failures})

    def _default_name(self) -> str:
        meant = self._meant_by_default()
        if not meant:
            raise NotReadyError(f"model: expected a checkpoint in {self._place}, found none that is loaded")
        if len(meant) > 1:
            raise AmbiguousModelError(
                f"model: expected one model or LATENTLINK_DEFAULT_MODEL, found {listed(meant, MOST_LISTED)}"
            )
        return meant[0]
