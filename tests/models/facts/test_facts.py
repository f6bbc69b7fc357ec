"""Facts go from JSON into types and back without a change, and what is not of its type is refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import BaseModel, ValidationError

from latentlink.models.checkpoint.manifest import read_manifest
from latentlink.models.config import TrainingConfig
from latentlink.models.facts.metrics import LinkMetrics, Metrics
from latentlink.models.facts.probabilities import CalibrationFacts, CutOffs, KnotFacts, Reliability
from latentlink.models.facts.published import Counts
from latentlink.models.facts.training import Curve, TrainingFacts, TrainingSettings
from tests.support import RELIABILITY

GOLDEN = sorted((Path(__file__).parents[2] / "golden").glob("format-*/checkpoints/*/2*"))
KNOTS = {"logit": [0.0, 1.0], "log_odds": [-1.0, 1.0]}
CUT_OFFS = {
    "logit": [1.0, 0.0],
    "recall": [0.5, 1.0],
    "false_links": [1.0, 2.0],
    "validation_links": 8,
    "missing_links": 12,
    "counted_share": 1.0,
}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.parent.name)
def test_a_manifest_is_written_as_it_was_read(path: Path) -> None:
    """Byte for byte, part by part: keys, their order, and values, nulls among them; every fact has a field."""
    written, manifest = orjson.loads((path / "manifest.json").read_bytes()), read_manifest(path)
    read = manifest.document()
    for part in written.keys() - {"created_at"}:
        assert orjson.dumps(read[part]) == orjson.dumps(written[part])
    assert list(_unnamed(manifest)) == []


def _unnamed(facts: object) -> Iterator[str]:
    """Members beside the fields, at any depth."""
    if isinstance(facts, BaseModel):
        yield from facts.model_extra or {}
        facts = dict(facts)
    if isinstance(facts, dict):
        for part in facts.values():
            yield from _unnamed(part)


def test_settings_are_those_of_a_training() -> None:
    """A new field of the config is a new field of the facts, by its name on disk and in the same place."""
    assert list(TrainingSettings.model_fields) == list(TrainingConfig(reversed_negatives=0.1).model_dump())


def test_facts_of_a_newer_version_are_kept() -> None:
    """They are shown as they are, at any depth."""
    newer = {"test": {"auc": 0.5, "ndcg": [1, {"x": None}]}, "later": 1}
    assert Metrics.model_validate(newer).document() == newer


def test_facts_that_were_not_given_are_not_written() -> None:
    """A null is written where it was given, and nowhere else."""
    assert LinkMetrics(auc=0.5, mrr=None).document() == {"auc": 0.5, "mrr": None}
    assert TrainingFacts(epoch=3).document() == {"epoch": 3}


def test_a_number_that_is_not_finite_is_null_in_json() -> None:
    """And null is read again."""
    written = orjson.dumps(Curve(loss=[1.0, float("inf")]).document())
    assert Curve.model_validate(orjson.loads(written)).loss == [1.0, None]


@pytest.mark.parametrize(
    ("facts", "document"),
    [
        (LinkMetrics, {"auc": "0.9"}),
        (LinkMetrics, {"hits@10": True}),
        (Metrics, {"baselines": {"a": 7}}),
        (Metrics, {"test": None}),
        (TrainingFacts, {"posterior": "wide"}),
        (TrainingFacts, {"epoch": 1.5}),
        (TrainingSettings, {"hops": "2"}),
        (Counts, {"nodes": 0, "edges": 0, "features": 0, "dim": 1}),
        (CalibrationFacts, RELIABILITY | {"slope": 1.0, "intercept": 0.0, "prior": 2.0}),
        (CalibrationFacts, RELIABILITY | {"slope": 1.0, "prior": 0.5}),
        (CalibrationFacts, RELIABILITY | {"knots": KNOTS, "slope": 1.0, "intercept": 0.0, "prior": 0.5}),
        (KnotFacts, KNOTS | {"log_odds": [0.0]}),
        (KnotFacts, KNOTS | {"log_odds": [0.0, -1.0]}),
        (KnotFacts, KNOTS | {"log_odds": [0.0, 1001.0]}),
        (KnotFacts, KNOTS | {"logit": [1.0, 1.0]}),
        (KnotFacts, KNOTS | {"logit": [0.0, float("nan")]}),
        (KnotFacts, {"logit": [], "log_odds": []}),
        (Reliability, {"ece": 0.0, "brier": 0.0, "predicted": [0.5], "observed": [0.5], "weight": []}),
        (CutOffs, CUT_OFFS | {"recall": [0.5]}),
        (CutOffs, CUT_OFFS | {"recall": [0.5, 2.0]}),
        (CutOffs, CUT_OFFS | {"logit": [], "recall": [], "false_links": []}),
        (CutOffs, CUT_OFFS | {"validation_links": 0}),
        (CutOffs, CUT_OFFS | {"counted_share": 0.0}),
    ],
)
def test_facts_of_another_type_are_refused(facts: type[BaseModel], document: dict[str, Any]) -> None:
    """No request meets them: the manifest is refused when it is opened."""
    with pytest.raises(ValidationError):
        facts.model_validate(document)
