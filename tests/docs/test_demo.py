"""The two commands that a visitor begins with: `make demo` and `make test`."""

import json
import socket
import subprocess
from pathlib import Path

from tests.docs.conftest import Demo
from tests.docs.pages import ROOT
from tests.docs.stage import ENVIRONMENT
from tests.e2e.oracle import assert_answers_are_numpys


def test_the_demo_trains_serves_and_answers(demo: Demo) -> None:
    """`make demo` ends in a service that answers every route as numpy does, and prints a call that works."""
    done = subprocess.run(demo.printed_command, shell=True, capture_output=True, text=True, check=True)
    assert len({neighbor["node"] for neighbor in json.loads(done.stdout)["neighbors"]}) == 5
    [version] = (demo.checkpoints / "movies").glob("2*")
    assert_answers_are_numpys(f"http://127.0.0.1:{demo.port}", version)


def test_a_taken_port_is_found_before_the_demo_trains(tmp_path: Path) -> None:
    """One line that says what to type; nothing is trained, and no address is printed that nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = ["make", f"PORT={port}", f"CHECKPOINTS={tmp_path}", "demo"]
        done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (
        2,
        f"port {port} is in use: choose another one, as in make demo PORT=8001\n",
    )
    assert not list(tmp_path.iterdir())


def test_the_suite_is_what_make_test_runs() -> None:
    """`make test` runs pytest in the environment that `make setup` made."""
    done = subprocess.run(["make", "-n", "test"], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ".venv/bin/python -m pytest --numprocesses 2 --dist loadfile"
