"""Environments of their own for servers to compare with, kept from run to run."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def kept() -> Path:
    """Where they are kept by default: in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "latentlink" / "peers"


def environment(path: Path, requirements: Sequence[str]) -> Path:
    """The Python of an environment at `path` that has these requirements; made unless it is there.

    Raises:
        subprocess.CalledProcessError: they can't be installed.
    """
    python, installed = path / "bin" / "python", path / "requirements.txt"
    wanted = "\n".join([f"# Python {sys.version}", *requirements, ""])
    if not installed.is_file() or installed.read_text() != wanted:
        print(f"installing {', '.join(requirements)} in {path}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", path], check=True)
        subprocess.run([python, "-m", "pip", "install", "-qq", *requirements], check=True)
        installed.write_text(wanted)
    return python
