"""Freed memory is returned to the system."""

import platform
import subprocess
import sys

import pytest

GROWN = """
import re, threading
from pathlib import Path
import numpy as np
from latentlink.models.host import return_freed, share_heap

def anonymous():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

def work():
    for _ in range(3):
        np.ones(24 * 2**20, np.uint8)
    global kept
    many = [np.ones(100_000, np.uint8) for _ in range(100)]
    kept = many[-1]  # at the end of the heap, so that nothing before it is given back by itself

share_heap()
before = anonymous()
thread = threading.Thread(target=work)
thread.start()
thread.join()
return_freed()
print(anonymous() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_memory_freed_by_a_thread_is_returned() -> None:
    """Of 34 MiB that a thread allocated and freed, a process keeps less than 4."""
    done = subprocess.run([sys.executable, "-c", GROWN], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 4 * 1024
