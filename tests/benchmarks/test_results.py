"""Results that are kept."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks._results import Claim, conclude

ROOT = Path(__file__).parents[2]
MET = Claim("P0", "a ratio", 2.0, 1.0, at_most=False, figures={"ours": 2.0})


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of results of its own."""
    monkeypatch.setattr("benchmarks._results.RESULTS", tmp_path)
    return tmp_path


def test_a_quick_run_replaces_no_kept_result(results: Path) -> None:
    """It goes to a folder that git ignores; a full run goes where it always did."""
    conclude("some", [MET], quick=False, seeds=5)
    kept = (results / "some.json").read_bytes()
    conclude("some", [MET._replace(ratio=9.0)], quick=True, seeds=1)
    assert (results / "some.json").read_bytes() == kept
    assert json.loads((results / "quick/some.json").read_text("utf-8"))["claims"][0]["ratio"] == 9.0
    ignored = ["git", "check-ignore", "--quiet", "benchmarks/results/quick/some.json"]
    assert subprocess.run(ignored, cwd=ROOT).returncode == 0


def test_a_result_has_its_date_and_machine(results: Path) -> None:
    """A figure without them says little."""
    conclude("some", [MET], quick=False)
    kept = json.loads((results / "some.json").read_text("utf-8"))
    assert {"date", "machine", "claims"} == kept.keys()
    assert "CPUs, " in kept["machine"]


@pytest.mark.usefixtures("results")
@pytest.mark.parametrize(("ratio", "at_most", "code"), [(2.0, False, 0), (0.5, False, 1), (2.0, True, 1)])
def test_a_missed_target_is_an_exit_code(ratio: float, at_most: bool, code: int) -> None:
    """1 where a ratio is on the wrong side of its target."""
    assert conclude("some", [MET._replace(ratio=ratio, at_most=at_most)], quick=True) == code


def test_no_script_shadows_the_standard_library() -> None:
    """The folder of a script that is run as a file comes first on the path: `http.py` there would be the standard library's."""
    names = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    assert names & sys.stdlib_module_names == set()


def test_a_script_runs_as_a_file() -> None:
    """From any folder, as the docstring of none says but everybody tries."""
    command = [sys.executable, str(ROOT / "benchmarks/explorer.py"), "--help"]
    run = subprocess.run(command, cwd="/", env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert (run.returncode, "--quick" in run.stdout) == (0, True), run.stderr
