"""The `rclone serve s3` of a wheel, which keeps no conditions and gives no parts."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.service import free_port, wait_for
from tests.e2e.storages.storage import Storage, s3_environment
from tests.tools import Tool

RCLONE = Tool(
    "rclone",
    shutil.which("rclone", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"),
    "no rclone on this machine: make proofs installs it",
)


@contextmanager
def rclone(folder: Path) -> Iterator[Storage]:
    """Serve a directory with one directory a bucket.

    Raises:
        FileNotFoundError: as `Tool.require`.
    """
    (folder / "models").mkdir(parents=True)
    port = free_port()
    address = ("--addr", f"127.0.0.1:{port}", "--auth-key", "somebody,something")
    command = [RCLONE.require(), "serve", "s3", *address, str(folder)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/", 400)
            yield Storage("s3://models/production", s3_environment(port), process.kill)
        finally:
            process.kill()
