"""The event file of `--log-dir`, read by its format: framed records, each a message of protocol buffers, with checksums."""

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.app.cli.conftest import RING, Command
from tests.command import run_command


def _crc(data: bytes) -> int:
    """The masked CRC-32C of TensorFlow's records, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _records(data: bytes) -> Iterator[bytes]:
    while data:
        length, of_length = struct.unpack("<QI", data[:12])
        record, [of_record] = data[12 : 12 + length], struct.unpack("<I", data[12 + length : 16 + length])
        assert (of_length, of_record) == (_crc(data[:8]), _crc(record))
        yield record
        data = data[16 + length :]


def _varint(data: bytes) -> tuple[int, bytes]:
    value = shift = 0
    while True:
        byte, data = data[0], data[1:]
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, data


def _fields(data: bytes) -> dict[int, Any]:
    """Field number to value: an integer, or bytes that may be a message; the last one of a repeated field."""
    fields: dict[int, Any] = {}
    while data:
        key, data = _varint(data)
        if key & 7 == 0:
            fields[key >> 3], data = _varint(data)
            continue
        length, data = _varint(data) if key & 7 == 2 else ({1: 8, 5: 4}[key & 7], data)
        fields[key >> 3], data = data[:length], data[length:]
    return fields


def _scalars(events: list[dict[int, Any]]) -> dict[str, dict[int, float]]:
    """By tag and step: Event.summary is field 5 and Event.step 2; Summary.value 1, its tag 1 and simple_value 2."""
    scalars: dict[str, dict[int, float]] = {}
    for event in events:
        value = _fields(_fields(event.get(5, b"")).get(1, b""))
        if 2 in value:
            scalars.setdefault(value[1].decode(), {})[event[2]] = struct.unpack("<f", value[2])[0]
    return scalars


class Logged(NamedTuple):
    """The events of a training, its epochs as lines of JSON, and its result."""

    events: list[dict[int, Any]]
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
    return Logged([_fields(record) for record in _records(path.read_bytes())], epochs, result)


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
    numbers = {name: value for name, value in logged.result["metrics"]["test"].items() if isinstance(value, float)}
    assert found == {name: {logged.result["epoch"]: pytest.approx(value, rel=1e-6)} for name, value in numbers.items()}
    assert {"auc", "ap", "mrr"} <= found.keys()


def test_the_config_is_logged_as_text(logged: Logged) -> None:
    """A table of all settings."""
    texts = [event[5] for event in logged.events if b"config/text_summary" in event.get(5, b"")]
    assert any(b"| epochs | 6 |" in text for text in texts)


def test_a_missing_package_is_named_with_its_extra(
    latentlink: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says what to install, before anything is trained."""
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    code, _, err = latentlink("train", "--edges", "ring.csv", "--log-dir", "runs")
    assert (code, " tensorboardX" in err, "[train]" in err, len(err.splitlines())) == (2, True, True, 1)
    assert not list(tmp_path.glob("checkpoints/*"))
