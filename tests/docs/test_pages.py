"""Everything that the documentation shows is run, page by page, and prints what the page says; `make demo`, too."""

import json
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.docs.conftest import Demo
from tests.docs.pages import DOCS, README, ROOT, blocks, name, pages, prose, steps
from tests.docs.stage import ENVIRONMENT, staged
from tests.docs.tables import write_tables
from tests.e2e.oracle import assert_answers_are_numpys

# What a page asks of models that it does not train; every other page begins with an empty directory of checkpoints.
GIVEN = {
    "README.md": "movies",
    "docs/reference/api.md": "people",
    "docs/reference/checkpoint.md": "people",
    "docs/reference/client.md": "people",
    "docs/reference/metrics.md": "people",
    "docs/reference/problems.md": "people",
}
ELSEWHERE = {"docs/reference/data-formats.md"}  # run by test_data_formats.py, one epoch a command
# Formats of blocks that nobody runs, but for `text` behind Python, which is its output.
DATA = {"caddyfile", "csv", "ini", "json", "nginx", "promql", "text", "toml", "yaml"}
TRAINED: dict[str, tuple[str, Path]] = {}
PAGES = [page for page in [README, *pages()] if steps(page) and name(page) not in ELSEWHERE]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that pages speak of."""
    folder = tmp_path_factory.mktemp("tables")
    (folder / "docs").mkdir()
    for table in DOCS.glob("*.csv"):
        shutil.copy(table, folder / "docs")
    write_tables(folder)
    return folder


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_a_page_shows_is_what_happens(
    page: Path, tables: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Every command and every piece of Python, in order, in a folder of its own."""
    shutil.copytree(tables, tmp_path, dirs_exist_ok=True)
    given = GIVEN.get(name(page))
    if given == "movies":
        demo: Demo = request.getfixturevalue("demo")
        shutil.copytree(demo.checkpoints / "movies", tmp_path / "checkpoints/movies")
    elif given == "people":
        shutil.copytree(request.getfixturevalue("people"), tmp_path / "checkpoints")
    with staged(tmp_path, TRAINED) as stage:
        if given:
            stage.serve("latentlink serve")
        outcomes = [(step, stage.follow(step)) for step in steps(page)]
    wrong = [
        f"$ {step.source}\n{step.shown}--- printed:\n{printed}" for step, printed in outcomes if printed is not None
    ]
    assert not wrong, "\n".join([f"{name(page)}: {len(wrong)} of {len(outcomes)} steps differ", *wrong])


def test_every_block_is_of_a_known_kind() -> None:
    """`console` and `python` are run, `sh` is not, the rest is data; a block without a kind would be run by nobody."""
    kinds = {
        name(page): {block.info for block in blocks(page)} for page in [README, ROOT / "CONTRIBUTING.md", *pages()]
    }
    known = {"console", "python", "sh", *DATA}
    assert {page: infos - known for page, infos in kinds.items() if infos - known} == {}


def test_no_page_counts_versions_from_the_oldest() -> None:
    """Its reader may have trained before: in `ls checkpoints/people`, only places from the end are the page's own."""
    listing = re.compile(r"ls checkpoints/\w+ \|(?! grep Z\$ \| tail -n \d)")
    found = {name(page): [step.source for step in steps(page) if listing.search(step.source)] for page in PAGES}
    assert {page: sources for page, sources in found.items() if sources} == {}


def test_a_page_that_serves_again_says_to_stop_the_service_before() -> None:
    """The port is taken otherwise; the tests stop the service themselves, so that they do not notice."""
    served = {page: sum("latentlink serve" in step.source for step in steps(page)) for page in PAGES}
    again = [page for page, times in served.items() if times > 1]
    assert again
    assert [name(page) for page in again if not re.search(r"\bstop the (service|replica)\b", prose(page), re.I)] == []


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
    assert done.stdout.splitlines()[-1] == ('.venv/bin/python -m pytest -m "not slow" --numprocesses 2 --dist loadfile')
