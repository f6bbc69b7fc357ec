"""The models that are loaded: found on disk, verified, mapped, and swapped by one reference."""

import contextlib
import logging
from collections.abc import Collection, Mapping
from pathlib import Path

from latentlink.app.errors import AmbiguousModelError, NotReadyError, UnknownModelError, unknown_model
from latentlink.app.services.lookup import NOBODY, Observer
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.stores.activation import Activation
from latentlink.app.services.stores.disk import Failure, Signature, on_disk, signature
from latentlink.app.services.stores.versions import OtherVersions
from latentlink.models.checkpoint import Cache
from latentlink.models.checkpoint.damage import how_to_serve
from latentlink.models.checkpoint.disk.files import open_whole
from latentlink.models.checkpoint.manifest import is_version
from latentlink.models.checkpoint.store import current_version, model_names, open_version, unknown_version
from latentlink.models.errors import CheckpointError

logger = logging.getLogger(__name__)


class ModelStore:
    """Follows `CURRENT` of every model under a directory.

    `refresh` blocks on the disk and belongs in a thread; everything else is immediate. Readers see either the old or the new
    mapping, never a mixture.

    Args:
        root: directory of checkpoints; it need not exist yet.
        default: the model that `default` means, or None for the only one, loaded or not.
        required: models that the service is not ready without, beside the default one.
        observer: of the models.
        cache: of copies that are mapped instead of the files under `root`, or None.
    """

    def __init__(
        self,
        root: Path,
        default: str | None,
        required: Collection[str] = (),
        observer: Observer = NOBODY,
        cache: Cache | None = None,
    ) -> None:
        self._root = root
        self._cache = cache
        self._opener = open_whole if cache is None else cache.open
        self._cached: frozenset[str] = frozenset()
        self._default = default
        self._required = sorted({*required, *([default] if default else [])})
        self._observer = observer
        self._models: Mapping[str, Scorer] = {}
        self._failures: Mapping[str, Failure] = {}
        self._published: Mapping[str, list[str]] = {}
        self._unreadable: str | None = "still being read for the first time"  # or why the directory can't be
        self._activation = Activation(root)
        self._others = OtherVersions(root, self._opener, observer)

    @property
    def default(self) -> str | None:
        """The loaded model that `default` means, if any."""
        meant = self._meant_by_default()
        return meant[0] if len(meant) == 1 and meant[0] in self._models else None

    @property
    def models(self) -> Mapping[str, Scorer]:
        """The loaded models by name, in order of name."""
        return self._models

    def missing(self) -> dict[str, str]:
        """What keeps the service from being ready, by name, each with the reason; empty once it is ready."""
        absent, reasons = f"no checkpoint of this model in {self._root}", self.degraded()
        missing = {name: reasons.get(name, absent) for name in self._required if name not in self._models}
        if not self._models:
            missing |= reasons or {"models": f"expected a checkpoint in {self._root}, found none; train one"}
        return missing

    def degraded(self) -> dict[str, str]:
        """Where `CURRENT` is not served, or the disk can't be read, by name, each with the reason.

        Another version stands in for those among `models`, and the reason ends with how to stay with it; the others are not
        served.
        """
        reasons = {name: failure.reason + self._way_out(name) for name, failure in self._failures.items()}
        return reasons | ({str(self._root): self._unreadable} if self._unreadable else {})

    def _way_out(self, name: str) -> str:
        served = self._models.get(name)
        if served is None or served.version not in self._published.get(name, ()):  # no longer on the disk
            return ""
        return how_to_serve(name, served.version)

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
            NotReadyError: the model, or any model for `default`, is not loaded yet.
            UnknownModelError: there is none of that name.
            NotOpenError: it is another version than the current one, which `open` may find on the disk.
        """
        models = self._models
        name, (_, at, version) = self.name(spec), spec.partition("@")
        model = models.get(name)
        if model is None:
            if reason := self.degraded().get(name) or self.missing().get(name):
                raise NotReadyError(f"model {name}: expected a loaded checkpoint, found: {reason}")
            raise unknown_model(name, models)
        if not at or version == model.version:
            return model
        if not is_version(version):
            raise UnknownModelError(unknown_version(name, version, self.published(model)))
        return self._others.get(name, version)

    def open(self, name: str, version: str) -> Scorer:
        """Another version than the current one, kept open while few others are requested; blocks on the disk.

        Raises:
            UnknownModelError: there is no such version.
            NotReadyError: it is damaged.
        """
        return self._others.open(name, version)

    def versions(self, model: Scorer) -> list[str]:
        """The versions of a loaded model that are open, oldest first."""
        return sorted({model.version, *self._others.of(model.name)})

    def published(self, model: Scorer) -> list[str]:
        """The versions of a loaded model that were on the disk at the last look, oldest first; `name@version` opens each."""
        return sorted({model.version, *self._published.get(model.name, ())})

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
        """Load what is new or changed and drop what is gone.

        A model that can't be loaded keeps its old version; at the start, the newest whole one stands in for it.
        """
        try:
            names = self._names()
        except CheckpointError as error:
            reason = str(error)
            if self._unreadable != reason:
                logger.error("can't look for checkpoints: %s", reason)  # noqa: TRY400  # the reason is enough
            self._unreadable = reason
            return
        loaded: dict[str, Scorer] = {}
        failures: dict[str, Failure] = {}
        for name in names:
            seen = signature(self._root / name)  # before it is read: what is written meanwhile is read the next time
            try:
                loaded[name] = self._load(name, seen)
            except Exception as error:  # one bad checkpoint must not take the others down
                failures[name] = self._failure(name, error, seen)
                if standing_in := self._models.get(name) or self._stand_in(name, failures[name]):
                    loaded[name] = standing_in
        for name in self._models.keys() - loaded.keys():
            logger.warning("no longer serving %s: %s is gone", name, self._root / name / "CURRENT")
        self._published = {name: on_disk(self._root / name) for name in loaded}
        self._models, self._failures, self._unreadable = loaded, failures, None
        self._others.keep_only(loaded)
        self._clear_cache()

    def _clear_cache(self) -> None:
        """Remove the copies of versions that are no longer open."""
        scorers = (*self._models.values(), *self._others.opened())
        used = frozenset(entry.sha256 for one in scorers for entry in one.checkpoint.manifest.files.values())
        if self._cache is not None and used != self._cached:
            self._cached = used
            try:
                self._cache.keep_only(used)
            except CheckpointError as error:
                logger.warning("can't remove copies: %s", error)

    def _names(self) -> list[str]:
        names = model_names(self._root)
        if self._models and not self._root.is_dir():
            raise CheckpointError(f"{self._root}: expected the directory of checkpoints, found none; is it mounted?")
        return names

    def _wanted(self, home: Path) -> str:
        return current_version(home)

    def _failure(self, name: str, error: Exception, seen: Signature | None) -> Failure:
        """Note why a model can't be loaded; logged when the reason is a new one."""
        failure, old = Failure.of(error, seen), self._failures.get(name)
        if old is None or old.reason != failure.reason:
            self._observer.version_failed(name)
            trace = None if isinstance(error, CheckpointError) else error
            logger.error("can't load model %s: %s", name, failure.reason, exc_info=trace)
        return failure

    def _load(self, name: str, seen: Signature | None) -> Scorer:
        version = self._wanted(self._root / name)
        old = self._models.get(name)
        if old is not None and old.version == version:
            return old
        failure = self._failures.get(name)
        if failure is not None and failure.signature == seen and not failure.passing:
            raise CheckpointError(failure.reason)  # nothing has changed: don't read it all again
        checkpoint = open_version(self._root / name, name, version, self._opener)
        scorer = Scorer(checkpoint, self._observer)
        logger.info("serving %s@%s: %s nodes", name, version, f"{len(scorer.nodes):,}")
        return scorer

    def _stand_in(self, name: str, failure: Failure) -> Scorer | None:
        """The newest whole version, for a current one that can't be loaded; looked for once."""
        old = self._failures.get(name)
        if old is not None and old.signature == failure.signature:
            return None
        home, current = self._root / name, None
        with contextlib.suppress(CheckpointError):
            current = current_version(home)
        for version in reversed(on_disk(home)):
            if version == current:
                continue
            with contextlib.suppress(Exception):  # as bad as the current one, or worse
                scorer = Scorer(open_version(home, name, version, self._opener), self._observer)
                logger.error("serving %s@%s in place of the current version, which can't be loaded", name, version)
                return scorer
        return None

    def _meant_by_default(self) -> list[str]:
        """The names that `default` may stand for; a model that can't be loaded counts, or another one would answer for it."""
        return [self._default] if self._default else sorted({*self._models, *self._failures})

    def _default_name(self) -> str:
        meant = self._meant_by_default()
        if not meant:
            raise NotReadyError(f"model: expected a checkpoint in {self._root}, found none that is loaded")
        if len(meant) > 1:
            raise AmbiguousModelError(
                f"model: expected one model or LATENTLINK_DEFAULT_MODEL, found {', '.join(meant)}"
            )
        return meant[0]
