"""Signals end the command line at once, in a query and during the imports; each in a process of its own."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

# DuckDB looks for signals between its tasks alone, and this query takes days.
ENDLESS = "SELECT sum(a.range * b.range)::BIGINT AS source, 1 AS target FROM range(10000000) a, range(1000000) b"
QUERY = "import sys, latentlink.models.sources; from latentlink.app.cli import main; print('ready', flush=True); main()"
IMPORTS = """
import signal, sys
from latentlink.app.cli import main
class Interrupting:
    def find_spec(self, name, path, target=None):
        if name == "latentlink.app.cli.commands":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
main()
"""


@pytest.fixture(autouse=True)
def interrupts_reach_commands() -> Iterator[None]:
    """Also where the tests run in the background of a shell, which makes all below it ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("number", "code", "said"), [(signal.SIGTERM, 143, ""), (signal.SIGINT, 130, "interrupted\n")])
def test_a_query_ends_at_a_signal(number: signal.Signals, code: int, said: str, tmp_path: Path) -> None:
    """Within two seconds, with the signal's exit code, and nothing is left in the store."""
    command = [sys.executable, "-c", QUERY, "train", "--sql", ENDLESS, "--checkpoints", str(tmp_path / "store")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(1)  # until the query runs
            assert process.poll() is None
            started = time.monotonic()
            process.send_signal(number)
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, errors) == (code, said)
    assert time.monotonic() - started < 2
    assert not (tmp_path / "store").exists()


def test_an_interrupt_during_the_imports_is_one_line() -> None:
    """With exit code 130, as later on."""
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")
