"""Which nodes may be sources and targets of the links of a list, and the logit that these must reach."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from latentlink.app.errors import UnsupportedByModelError
from latentlink.app.schemas.links import LinksRequest
from latentlink.app.services.filters import allowed_by, filter_work
from latentlink.app.services.scorer import Scorer
from latentlink.models.arrays import Bool
from latentlink.models.checkpoint import Manifest
from latentlink.models.inference.calibration import curve_of, probabilities
from latentlink.models.inference.scoring import sigmoid_of
from latentlink.models.inference.top_links.pair_classes import PairClasses
from latentlink.models.steps import finished

_FAR = 1e18  # beyond every logit


class Ends(NamedTuple):
    """Which of N nodes may be sources, and which targets: bool (N,), None for all."""

    sources: Bool | None
    targets: Bool | None

    @classmethod
    def of(cls, model: Scorer, asked: LinksRequest) -> "Ends":
        """Those that a request asks about; raises as `finder_of`."""
        masks = [
            _named(model, ids, kind, end)
            for ids, kind, end in (
                (asked.sources, asked.source_type, "source_type"),
                (asked.targets, asked.target_type, "target_type"),
            )
        ]
        if asked.filter is not None:
            columns, n = model.checkpoint.columns, len(model.nodes)
            filter_work(columns, asked.filter, n)
            masks[1] = _both(masks[1], finished(allowed_by(columns, asked.filter, n)))
        return cls(*masks)

    def classes(self, model: Scorer) -> PairClasses:
        """The pairs between them that may be linked."""
        types = None if model.types is None else (model.types.of.astype(np.int16), model.types.allowed)
        directed = model.checkpoint.manifest.directed
        return PairClasses.make(
            len(model.nodes), directed=directed, types=types, sources=self.sources, targets=self.targets
        )


def least_logit(manifest: Manifest, asked: LinksRequest) -> float:
    """The lowest logit whose probabilities reach what is asked; infinite where none does.

    Args:
        manifest: of the model, or of one of its relations.
        asked: the request.

    Raises:
        UnsupportedByModelError: a calibrated probability is asked for, and the model has no calibration.
    """
    least = _lowest(lambda logit: sigmoid_of(logit) >= asked.min_probability)
    if not asked.min_calibrated:
        return least
    if (facts := manifest.calibration) is None:
        raise UnsupportedByModelError(
            f"min_calibrated: expected a model with a calibration, found {manifest.name}@{manifest.version} without; "
            "train again"
        )
    curve, prior = curve_of(facts), facts.prior
    reached = _lowest(lambda logit: probabilities(curve, np.array([logit]), prior).item() >= asked.min_calibrated)
    return max(least, reached)


def _lowest(reaches: Callable[[float], bool]) -> float:
    """The lowest number that reaches something, as all higher ones do; −∞ where all do, ∞ where none does."""
    low, high = -_FAR, _FAR
    if reaches(low):
        return -np.inf
    if not reaches(high):
        return np.inf
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return high


def _named(model: Scorer, ids: list[str] | None, type_name: str | None, parameter: str) -> Bool | None:
    """The nodes of a type that have one of some ids, bool (N,); None for all."""
    kind, mask = model.kind(type_name, parameter), None
    if kind is not None and model.types is not None:
        mask = model.types.of == kind
    if ids is not None:
        own = np.zeros(len(model.nodes), np.bool_)
        own[model.rows(ids, kind, [parameter])] = True
        mask = _both(mask, own)
    return mask


def _both(one: Bool | None, other: Bool) -> Bool:
    return other if one is None else one & other
