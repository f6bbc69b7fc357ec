"""One installed name: the wheel works in a fresh environment, also beside folders that are named as ours are."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import httpx2
import pytest

from tests.e2e.service import free_port, wait_for

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Installed:
    """A wheel, and the environment that holds it and its dependencies, but not the checkout.

    Attributes:
        wheel: the file.
        bin: the environment's commands.
        site: its site-packages.
    """

    wheel: Path
    bin: Path
    site: Path

    def python(self, *arguments: str, cwd: Path, **environment: str) -> str:
        """What the environment's Python prints."""
        return run(self.bin / "python", *arguments, cwd=cwd, **environment)


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command prints; fails with all that it wrote if it fails."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # it may name the checkout
    environment = {**inherited, **environment}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel and install it alone; its dependencies are those of the running environment, by a path file."""
    home = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", home, cwd=ROOT)
    [wheel] = home.glob("*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", home / "venv", cwd=home)
    commands = home / "venv/bin"
    run(sys.executable, "-m", "pip", "--python", commands / "python", "install", "--no-deps", wheel, cwd=home)
    site = Path(
        run(commands / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    )
    (site / "dependencies.pth").write_text("\n".join({sysconfig.get_path(kind) for kind in ("purelib", "platlib")}))
    return Installed(wheel, commands, site)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder with `models` and `app` of its own, which must not be imported."""
    for name in ("models/__init__.py", "app/__init__.py", "models.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("raise AssertionError('a module of the user was imported')\n")
    return tmp_path


def test_the_wheel_holds_one_name_and_all_of_it(installed: Installed) -> None:
    """Every tracked file of app, models and latentlink stands below `latentlink`, and nothing beside it but metadata."""
    names = set(zipfile.ZipFile(installed.wheel).namelist())
    ours = {name for name in names if name.startswith("latentlink/")}
    tracked = set(run("git", "ls-files", "app", "models", "latentlink", cwd=ROOT).split())
    tracked -= {"latentlink/app", "latentlink/models"}  # the links
    assert ours == {path if path.startswith("latentlink/") else f"latentlink/{path}" for path in tracked}
    assert {name.partition("/")[0] for name in names - ours} == {f"latentlink-{version('latentlink')}.dist-info"}


@pytest.mark.parametrize("on_path", [False, True], ids=["in it", "on PYTHONPATH"])
def test_a_folder_with_the_same_names_is_not_in_the_way(installed: Installed, folder: Path, on_path: bool) -> None:
    """The wheel's own modules are imported there, whichever way they are imported."""
    environment = {"PYTHONPATH": str(folder)} if on_path else {}
    ask = "import latentlink as l, latentlink.models.checkpoint as c; print(l.__file__, c.__file__, l.Client, c.open_checkpoint)"
    found = installed.python("-c", ask, cwd=folder, **environment)
    assert found.count(str(installed.site / "latentlink")) == 2
    assert installed.python("-m", "latentlink", "--version", cwd=folder, **environment).strip() == version("latentlink")


def test_training_and_serving_work_in_such_a_folder(installed: Installed, folder: Path) -> None:
    """`latentlink train` publishes there, and `latentlink serve` answers from it, with the folder on PYTHONPATH as well."""
    ring = "".join(f"{i},{(i + step) % 30}\n" for i in range(30) for step in (1, 2))
    (folder / "ring.csv").write_text(f"source,target\n{ring}")
    train = ("train", "--edges", "ring.csv", "--epochs", "2", "--dim", "4")
    run(installed.bin / "latentlink", *train, cwd=folder, PYTHONPATH=str(folder))
    port = free_port()
    serve = [str(installed.bin / "latentlink"), "serve", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    with subprocess.Popen(serve, cwd=folder, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz")
            score = httpx2.get(f"http://127.0.0.1:{port}/v1/models/ring/score?source=0&target=7")
        finally:
            process.kill()
    assert score.json()["known"] is False


def test_types_reach_a_client_s_script(installed: Installed, tmp_path: Path) -> None:
    """mypy sees the types of the installed client: a right use passes, a wrong one is named."""
    lines = [f"    p{i}: {kind} = client.score('a', 'b').probability\n" for i, kind in enumerate(("float", "str"))]
    (tmp_path / "script.py").write_text(
        f"from latentlink import Client\nwith Client('http://localhost') as client:\n{''.join(lines)}"
    )
    check = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(installed.bin / "python")]
    done = subprocess.run([*check, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert [line.partition(": ")[0] for line in done.stdout.splitlines()] == [
        "script.py:4",
        "Found 1 error in 1 file (checked 1 source file)",
    ]
