"""Map a file into memory without keeping it open: `mmap` of Python holds a descriptor for as long as its mapping."""

import ctypes
import mmap
import os
import weakref
from io import BufferedReader
from pathlib import Path

import numpy as np

from latentlink.models.arrays import UInt8
from latentlink.models.checkpoint.disk.files import unreadable
from latentlink.models.errors import CheckpointError

_FAILED = ctypes.c_void_p(-1).value  # MAP_FAILED


def map_file(file: BufferedReader, path: Path) -> UInt8:
    """The bytes of an open file, uint8 (bytes,): read-only, shared with all processes, unmapped with their last view.

    Raises:
        CheckpointError: it is empty, or can't be mapped.
    """
    size = os.fstat(file.fileno()).st_size
    if not size:
        raise CheckpointError(f"{path}: expected a safetensors file, found an empty one")
    library = ctypes.CDLL(None, use_errno=True)
    library.mmap.restype = ctypes.c_void_p
    library.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *3 * (ctypes.c_int,), ctypes.c_ssize_t)
    library.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    address = library.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
    if address == _FAILED:
        number = ctypes.get_errno()
        raise unreadable(path, OSError(number, os.strerror(number)))
    memory = (ctypes.c_ubyte * size).from_address(address)
    # At exit other threads may still read.
    weakref.finalize(memory, library.munmap, address, size).atexit = False
    mapped = np.frombuffer(memoryview(memory), np.uint8)
    mapped.flags.writeable = False
    return mapped
