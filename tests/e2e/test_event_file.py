"""The event file of `--log-dir`, read by its format: framed records, each a message of protocol buffers, with checksums."""

import json
import struct
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from latentlink.models.checkpoint import open_checkpoint
from tests.e2e.service import LATENTLINK

RING = "source,target\n" + "".join(f"{i},{(i + s) % 30}\n" for i in range(30) for s in (1, 4))


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


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[int, Any]], list[dict[str, Any]]]:
    """The events of a training, and its lines of JSON."""
    folder = tmp_path_factory.mktemp("logged")
    (folder / "ring.csv").write_text(RING)
    command = [str(LATENTLINK), "train", "--edges", "ring.csv", "--epochs", "6", "--log-dir", "runs/ring", "--json"]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=True)
    [path] = (folder / "runs/ring").iterdir()
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert open_checkpoint(folder / lines[-1]["path"]).manifest.metrics.test.by_name() == lines[-1]["metrics"]["test"]
    return [_fields(record) for record in _records(path.read_bytes())], lines


def test_every_epoch_is_logged_by_its_phase(
    logged: tuple[list[dict[int, Any]], list[dict[str, Any]]],
) -> None:
    """Loss, and validation where it was looked at, as `--json` tells them, in float32."""
    events, [*epochs, _] = logged
    scalars = _scalars(events)
    for phase in ("fit with node rows", "refit"):
        told = {e["epoch"]: pytest.approx(e["loss"], rel=1e-6) for e in epochs if e["phase"] == phase}
        assert scalars[f"loss/{phase.replace(' ', '_')}"] == told
    for metric in ("auc", "ap"):
        told = {e["epoch"]: pytest.approx(e["validation"][metric], rel=1e-6) for e in epochs if e["validation"]}
        assert scalars[f"validation_{metric}/fit_with_node_rows"] == told


def test_the_tests_metrics_are_logged_at_the_selected_epoch(
    logged: tuple[list[dict[int, Any]], list[dict[str, Any]]],
) -> None:
    """Those that are numbers, as the result has them."""
    events, [*_, result] = logged
    found = {tag.removeprefix("test/"): steps for tag, steps in _scalars(events).items() if tag.startswith("test/")}
    numbers = {name: value for name, value in result["metrics"]["test"].items() if isinstance(value, float)}
    assert found == {name: {result["epoch"]: pytest.approx(value, rel=1e-6)} for name, value in numbers.items()}
    assert {"auc", "ap", "mrr"} <= found.keys()


def test_the_config_is_logged_as_text(logged: tuple[list[dict[int, Any]], list[dict[str, Any]]]) -> None:
    """A table of all settings."""
    events, _ = logged
    assert any(b"config/text_summary" in event.get(5, b"") and b"| epochs | 6 |" in event[5] for event in events)
