"""The event file of a training, read back record by record."""

import json
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tensorboardX.proto.event_pb2 import Event

from tests.app.cli.conftest import RING
from tests.command import run_command


def _events(data: bytes) -> Iterator[Event]:
    """The messages of TensorFlow's records: a length of eight bytes and its checksum of four, the message, its checksum."""
    while data:
        [length] = struct.unpack("<Q", data[:8])
        yield Event.FromString(data[12 : 12 + length])
        data = data[16 + length :]


def _scalars(events: Sequence[Event]) -> dict[str, dict[int, float]]:
    """Numbers by tag and step."""
    scalars: dict[str, dict[int, float]] = {}
    for event in events:
        for value in event.summary.value:
            if value.HasField("simple_value"):
                scalars.setdefault(value.tag, {})[event.step] = value.simple_value
    return scalars


class Logged(NamedTuple):
    """The events of a training, its epochs as lines of JSON, and its result."""

    events: list[Event]
    epochs: list[dict[str, Any]]
    result: dict[str, Any]


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Logged:
    """A training of six epochs."""
    folder: Path = tmp_path_factory.mktemp("logged")
    (folder / "ring.csv").write_text(RING)
    options = ("--edges", "ring.csv", "--epochs", 6, "--dim", 4, "--log-dir", "runs/ring", "--json")
    *epochs, result = map(json.loads, run_command("train", *options, folder=folder).out.splitlines())
    [path] = (folder / "runs/ring").iterdir()
    return Logged(list(_events(path.read_bytes())), epochs, result)


def test_every_epoch_is_logged_by_its_phase(logged: Logged) -> None:
    """Loss, and the scores on validation where there are some, as `--json` has them, in float32."""
    scalars = _scalars(logged.events)
    phases = {e["phase"] for e in logged.epochs}
    assert len(phases) == 2  # a fit and the refit
    for phase in phases:
        losses = {e["epoch"]: pytest.approx(e["loss"], rel=1e-6) for e in logged.epochs if e["phase"] == phase}
        assert scalars[f"loss/{phase.replace(' ', '_')}"] == losses
    for metric in ("auc", "ap"):
        scores = {
            e["epoch"]: pytest.approx(e["validation"][metric], rel=1e-6) for e in logged.epochs if e["validation"]
        }
        assert scalars[f"validation_{metric}/{logged.epochs[0]['phase'].replace(' ', '_')}"] == scores


def test_the_tests_metrics_are_logged_at_the_selected_epoch(logged: Logged) -> None:
    """Those that are numbers, as the result has them."""
    scalars = _scalars(logged.events).items()
    found = {tag.removeprefix("test/"): steps for tag, steps in scalars if tag.startswith("test/")}
    # tensorboardX knows no @ in names.
    numbers = {
        name.replace("@", "_"): value
        for name, value in logged.result["metrics"]["test"].items()
        if isinstance(value, float)
    }
    assert found == {name: {logged.result["epoch"]: pytest.approx(value, rel=1e-6)} for name, value in numbers.items()}
    assert {"auc", "ap", "mrr"} <= found.keys()


def test_the_config_is_logged_as_text(logged: Logged) -> None:
    """A table of all settings."""
    texts = [
        value.tensor.string_val[0] for event in logged.events for value in event.summary.value if "config" in value.tag
    ]
    assert [b"| epochs | 6 |" in text for text in texts] == [True]
