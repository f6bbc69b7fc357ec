"""Mapped safetensors against the library of that name."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from latentlink.models.checkpoint.tensors import map_tensors, write_tensors
from latentlink.models.errors import CheckpointError

TENSORS = {
    "mu": np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32),
    "offsets": np.array([0, -(2**40), 7]),
    "indices": np.array([[1, 2], [3, 4]], np.int32),
    "bytes": np.array([0, 255, 3], np.uint8),
    "empty": np.empty((0, 4), np.float32),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with every dtype."""
    write_tensors(tmp_path / "x.safetensors", TENSORS)
    return tmp_path / "x.safetensors"


def test_the_library_reads_what_we_write_and_the_other_way_round(path: Path, tmp_path: Path) -> None:
    """Names, shapes, dtypes and values survive; metadata in the header is skipped."""
    save_file(TENSORS, tmp_path / "y.safetensors", metadata={"format": "np"})
    for found in (load_file(path), map_tensors(tmp_path / "y.safetensors")):
        assert found.keys() == TENSORS.keys()
        for name, tensor in found.items():
            np.testing.assert_array_equal(tensor, TENSORS[name], strict=True)


def test_views_are_read_only_and_not_copies(path: Path) -> None:
    """Nothing can be written through them, and none owns its memory."""
    for tensor in map_tensors(path).values():
        assert not tensor.flags.writeable
        assert not tensor.flags.owndata


def test_a_transposed_array_is_written_as_it_reads(tmp_path: Path) -> None:
    """Memory order does not leak into the file."""
    write_tensors(tmp_path / "t.safetensors", {"t": TENSORS["mu"].T})
    np.testing.assert_array_equal(map_tensors(tmp_path / "t.safetensors")["t"], TENSORS["mu"].T)


@pytest.mark.parametrize("keep", [0, 4, 8, 60, 300, -1])
def test_a_cut_file_is_an_error(path: Path, keep: int) -> None:
    """A file that ends early never becomes an array."""
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"x\.safetensors: expected a safetensors file"):
        map_tensors(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(CheckpointError, match=r"none\.safetensors: expected a readable file of a checkpoint"):
        map_tensors(tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b'{"a":1}',
        b'{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,8]}}',
        b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}',
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}',
        b'{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}',
        b'{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}',
        b'{"a":{"dtype":"F32","shape":[-1],"data_offsets":[4,0]}}',
        b'{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}',
        b'{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}',
        b'{"a":{"dtype":["F32"],"shape":[1],"data_offsets":[0,4]}}',
        b'{"a":{"dtype":"I64","shape":[1],"data_offsets":[4,12]}}',  # not aligned
        b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}',
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        b"[" * 100_000,
    ],
)
def test_a_lying_header_is_an_error(tmp_path: Path, header: bytes) -> None:
    """Offsets, shapes and dtypes are held to each other and to the file, and no two tensors share bytes."""
    header += b" " * (-len(header) % 8)
    (tmp_path / "x.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(16))
    with pytest.raises(CheckpointError, match="damaged header"):
        map_tensors(tmp_path / "x.safetensors")


def test_a_full_disk_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    """The library's own error, here for the limit of a file's size, becomes the project's."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))"
    lines = [
        limit,
        "import pathlib, sys, numpy",
        "from latentlink.models.checkpoint.tensors import write_tensors",
        "from latentlink.models.errors import CheckpointError",
        "try: write_tensors(pathlib.Path(sys.argv[1]), {'a': numpy.zeros(10_000)})",
        "except CheckpointError as error: print(error)",
    ]
    command = [sys.executable, "-c", "\n".join(lines), str(tmp_path / "x.safetensors")]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert re.search(r"x\.safetensors: expected a disk with room to write to, found: .*File too large", said)
