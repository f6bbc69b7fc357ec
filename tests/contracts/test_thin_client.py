"""What works where only the client is installed, and what every missing package is answered with."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICE = ("fastapi", "httptools", "orjson", "prometheus_client", "pydantic", "starlette", "typer", "uvicorn", "uvloop")
TRAINING = ("arro3", "duckdb", "networkx", "scipy", "sklearn", "torch")
WINDOWS = ("fcntl", "grp", "pwd", "resource", "termios")  # which has none of these modules

BLOCK = "import sys\nfor name in sys.argv[1].split(','):\n    sys.modules[name] = None\n"
CLIENT = f"""{BLOCK}
import importlib, pkgutil
import httpx2, latentlink, latentlink.client as client

for module in pkgutil.walk_packages(client.__path__, "latentlink.client."):
    importlib.import_module(module.name)
assert all(getattr(latentlink, name) is getattr(client, name) for name in client.__all__)
answer = {{"models": []}}
with latentlink.Client("http://a", transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json=answer))) as one:
    print(one.models())
"""
COMMAND = f"{BLOCK}\nsys.argv[:] = ['latentlink', *sys.argv[2:]]\nfrom latentlink.app.cli import main\nmain()"


def run(code: str, *arguments: str, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """What a new Python prints."""
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def test_the_client_works_without_the_service_and_on_windows() -> None:
    """All its modules and names import, and a call is answered, where no other package and none of Unix can be imported."""
    done = run(CLIENT, ",".join((*SERVICE, *TRAINING, *WINDOWS, "pandas")))
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_star_import_takes_what_is_installed() -> None:
    """Without the service the names of the client; an absent one says what to install."""
    code = f"{BLOCK}\nfrom latentlink import *\nprint('load' in globals(), Client.__name__)\nimport latentlink\nlatentlink.load"
    done = run(code, ",".join((*SERVICE, *TRAINING, "pandas", "optuna")))
    assert done.stdout == "False Client\n"
    assert done.stderr.endswith("pip install 'latentlink[serve]'\n")


def test_only_what_the_client_needs_is_always_installed() -> None:
    """Everything else is in an extra; the extra `train` includes `serve`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {requirement.partition(">")[0] for requirement in project["dependencies"]}
    assert names == {"httpx2", "nanoarrow", "numpy"}
    assert "latentlink[serve]" in project["optional-dependencies"]["train"]


@pytest.mark.parametrize(
    ("missing", "arguments", "extra"),
    [(SERVICE, ("serve",), "serve"), (TRAINING, ("train", "--dataset", "karate"), "train")],
    ids=["serve", "train"],
)
def test_a_command_without_its_extra_names_it(
    tmp_path: Path, missing: tuple[str, ...], arguments: tuple[str, ...], extra: str
) -> None:
    """One line and exit code 2: the first package that is missing, and the extra that brings all of them."""
    done = run(COMMAND, ",".join(missing), *arguments, cwd=tmp_path)
    error = re.escape(f"found none; pip install 'latentlink[{extra}]'\n")
    found = re.fullmatch(rf"error: expected the package (\w+), {error}", done.stderr)
    assert (done.returncode, done.stdout, found is not None and found[1] in missing) == (2, "", True)


def test_a_client_without_its_packages_names_them() -> None:
    """As where the wheel was installed without its dependencies."""
    done = run(f"{BLOCK}\nimport latentlink\nlatentlink.Client", "httpx2")
    assert done.stderr.endswith(
        "ModuleNotFoundError: expected the package httpx2, found none; pip install 'latentlink'\n"
    )


def test_the_command_is_not_for_windows() -> None:
    """One line says where it works, before anything that Windows has not is imported."""
    code = f"import sys; sys.platform = 'win32'\n{COMMAND}"
    done = run(code, ",".join(WINDOWS), "serve")
    assert done.returncode == 1
    assert done.stderr.startswith("error: expected Linux or macOS, found Windows; use WSL or Docker;")
    assert len(done.stderr.splitlines()) == 1
