"""`latentlink train` on a terminal, as a person sees it; that scripts see nothing of it is in `test_whole_way`."""

import os
import pty
import re
import subprocess
from pathlib import Path

from tests.e2e.service import LATENTLINK

RING = "source,target\n" + "".join(f"{i},{(i + s) % 30}\n" for i in range(30) for s in (1, 4))


def _drawn(terminal: int) -> str:
    """All that is written to a terminal until nobody has it open any more."""
    written = b""
    try:
        while chunk := os.read(terminal, 1 << 16):
            written += chunk
    except OSError:  # how Linux tells the end
        pass
    return written.decode()


def test_progress_is_drawn_on_a_terminal(tmp_path: Path) -> None:
    """Loss, validation AUC and the epochs so far, on standard error; standard output stays as it is."""
    (tmp_path / "ring.csv").write_text(RING)
    command = [str(LATENTLINK), "train", "--edges", "ring.csv", "--epochs", "20"]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    terminal, stderr = pty.openpty()
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=stderr) as process:
        os.close(stderr)
        drawn = _drawn(terminal)
        out, _ = process.communicate()
    os.close(terminal)
    assert process.returncode == 0
    assert re.search(r"loss \d\.\d{4}  validation AUC [01]\.\d{4}", drawn)
    assert "/20" in drawn
    assert b"loss" not in out
