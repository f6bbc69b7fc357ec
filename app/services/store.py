"""The models that are loaded: found on disk, verified, mapped, and swapped by one reference."""

import logging
from collections.abc import Mapping
from pathlib import Path

from app.errors import AmbiguousModelError, NotReadyError, UnknownModelError
from app.services.scorer import Scorer
from models.checkpoint import open_checkpoint
from models.checkpoint.store import current_version, model_names
from models.errors import CheckpointError

logger = logging.getLogger(__name__)


class ModelStore:
    """Follows `CURRENT` of every model under a directory.

    `refresh` blocks on the disk and belongs in a thread; everything else is immediate. Readers see either the old or the new
    mapping, never a mixture.

    Args:
        root: directory of checkpoints; it need not exist yet.
        default: the model that `default` means, or None for the only one.
    """

    def __init__(self, root: Path, default: str | None) -> None:
        self._root = root
        self._default = default
        self._models: Mapping[str, Scorer] = {}
        self._failures: Mapping[str, str] = {}

    @property
    def models(self) -> Mapping[str, Scorer]:
        """The loaded models by name, in order of name."""
        return self._models

    def missing(self) -> dict[str, str]:
        """What keeps the service from being ready, by name, each with its reason; empty once it is ready."""
        missing = {name: reason for name, reason in self._failures.items() if name not in self._models}
        if self._default and self._default not in self._models:
            missing.setdefault(self._default, f"no checkpoint of the default model in {self._root}")
        return missing

    def degraded(self) -> dict[str, str]:
        """Models whose newest version can't be loaded, so that an older one stands in, each with the reason."""
        return {name: reason for name, reason in self._failures.items() if name in self._models}

    def get(self, spec: str) -> Scorer:
        """The model that `name`, `name@version` or `default` means.

        Raises:
            AmbiguousModelError: `default` could mean several.
            NotReadyError: the model, or any model for `default`, is not loaded yet.
            UnknownModelError: there is none of that name, or another version of it is loaded.
        """
        models = self._models
        name, at, version = spec.partition("@")
        if name == "default":
            name = self._default_name(models)
        model = models.get(name)
        if model is None:
            if reason := self.missing().get(name):
                raise NotReadyError(f"model {name}: expected a loaded checkpoint, found: {reason}")
            raise UnknownModelError(f"model: expected one of {', '.join(models) or '(none)'}, found {name!r}")
        if at and version != model.version:
            raise UnknownModelError(f"version of {name}: expected {model.version}, which is loaded, found {version!r}")
        return model

    def refresh(self) -> None:
        """Load what is new or changed and drop what is gone; a model that can't be loaded keeps its old version."""
        loaded, failures = {}, {}
        try:
            names = model_names(self._root)
        except CheckpointError as error:
            self._report({str(self._root): str(error)})
            return
        for name in names:
            try:
                loaded[name] = self._load(name)
            except Exception as error:  # one bad checkpoint must not take the others down
                if not isinstance(error, CheckpointError):
                    logger.exception("loading model %s failed", name)
                failures[name] = str(error)
                if old := self._models.get(name):
                    loaded[name] = old
        self._report(failures)
        self._models = loaded

    def _load(self, name: str) -> Scorer:
        version = current_version(self._root / name)
        old = self._models.get(name)
        if old is not None and old.version == version:
            return old
        checkpoint = open_checkpoint(self._root / name / version)
        if (checkpoint.manifest.name, checkpoint.manifest.version) != (name, version):
            raise CheckpointError(
                f"{checkpoint.path}: expected the checkpoint {name}@{version}, "
                f"found {checkpoint.manifest.name}@{checkpoint.manifest.version}; use `latentlink install`"
            )
        scorer = Scorer(checkpoint)
        logger.info("serving %s@%s: %s nodes", name, version, f"{len(scorer.nodes):,}")
        return scorer

    def _default_name(self, models: Mapping[str, Scorer]) -> str:
        if self._default:
            return self._default
        if not models:
            raise NotReadyError(f"model: expected a checkpoint in {self._root}, found none that is loaded")
        if len(models) > 1:
            raise AmbiguousModelError(
                f"model: expected one model or LATENTLINK_DEFAULT_MODEL, found {', '.join(models)}"
            )
        return next(iter(models))

    def _report(self, failures: Mapping[str, str]) -> None:
        for name, reason in failures.items():
            if self._failures.get(name) != reason:
                logger.error("can't load model %s: %s", name, reason)
        self._failures = failures
