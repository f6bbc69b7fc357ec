"""The server of `moto[server]`, which speaks S3 with conditions and parts."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.e2e.service import free_port, wait_for
from tests.e2e.storages.storage import Storage, s3_environment
from tests.tools import Tool

# Where it is asked for alone: a `moto_server` on the PATH may be one of another Python, which does not run.
_ASKED = os.environ.get("TESTS_NEED_MOTO") == "1"
MOTO = Tool(
    "moto", shutil.which("moto_server") if _ASKED else None, "TESTS_NEED_MOTO=1 runs them with moto_server on the PATH"
)


@contextmanager
def moto(folder: Path) -> Iterator[Storage]:
    """Run it with an empty bucket, in memory.

    Raises:
        FileNotFoundError: as `Tool.require`.
    """
    program, port = MOTO.require(), free_port()
    folder.mkdir(exist_ok=True)
    command = [program, "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/", 200, 60)
            httpx2.put(f"http://127.0.0.1:{port}/models").raise_for_status()
            yield Storage("s3://models/production", s3_environment(port), process.kill)
        finally:
            process.kill()
