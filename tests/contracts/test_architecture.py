"""Walls that keep the house standing: serving without torch, floors that only go down, nothing that unpickles."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLANETOID = ROOT / "models/sources/datasets/planetoid.py"
SOURCES = [path for floor in ("app", "models", "latentlink/local") for path in sorted((ROOT / floor).rglob("*.py"))]

SERVE = """
import sys
from pathlib import Path
from starlette.testclient import TestClient
from latentlink.app.main import create_app
from latentlink.app.settings import Settings

with TestClient(create_app(Settings(checkpoints=Path(sys.argv[1])))) as client:
    pair = {"pairs": [["a", "b"]]}
    assert client.post("/v1/models/default/scores", json=pair).status_code == 200
    assert client.post("/v1/models/default/embeddings", json={"nodes": ["a"]}).status_code == 200
    assert client.post("/v1/models/default/neighbors", json={"nodes": ["a"]}).status_code == 200
    assert client.get("/v1/models/default/nodes?prefix=A").status_code == 200
    arrow = {"accept": "application/vnd.apache.arrow.stream"}
    assert client.get("/v1/models/default/embeddings", headers=arrow).status_code == 200
    assert client.get("/openapi.json").status_code == client.get("/docs").status_code == client.get("/").status_code == 200
heavy = {"duckdb", "networkx", "torch", "torch_geometric", "sklearn", "scipy", "pandas", "pyarrow", "arro3", "bokeh_sampledata"}
print(*sorted(heavy & sys.modules.keys()))
"""

WITHOUT = """
import importlib, pkgutil, sys

for package in ("torch", "torch_geometric", "scipy", "sklearn", "duckdb", "arro3", "networkx"):
    sys.modules[package] = None  # importing it fails from here on
names = [f"latentlink.models.{module}" for module in ("arrays", "config", "errors", "host")]
for half in ("facts", "graph", "inference", "checkpoint", "comparison"):
    package = importlib.import_module(f"latentlink.models.{half}")
    names += [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def run(*arguments: str) -> str:
    """What Python prints; fails with what it says if it fails."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_serving_never_loads_the_learning_stack(checkpoints: Path) -> None:
    """After every kind of question was answered, neither torch nor what comes with it is in the process."""
    assert run("-c", SERVE, str(checkpoints)).strip() == ""


def test_the_torch_free_half_imports_without_the_learning_stack() -> None:
    """Each module of the halves imports where the packages of the extra `train` can't be."""
    assert int(run("-c", WITHOUT)) > 30


def test_the_command_line_starts_without_training_and_server() -> None:
    """Commands import what they need themselves: `serve` must not wait for torch, and `list` not for FastAPI."""
    late = {
        "torch",
        "torch_geometric",
        "sklearn",
        "scipy",
        "networkx",
        "duckdb",
        "openpyxl",
        "rdflib",
        "fastapi",
        "starlette",
        "uvicorn",
    }
    assert run("-c", f"import sys, latentlink.app.cli.commands; print(*({late} & sys.modules.keys()))").strip() == ""


def test_import_contracts_are_kept() -> None:
    """The contracts of pyproject.toml hold: torch-free serving, models below app, no HTTP in the data plane, floors."""
    call = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    assert "0 broken" in run("-c", call)


def test_nothing_unpickles() -> None:
    """No source loads with NumPy's allow_pickle or a module that unpickles; torch's and Planetoid's restricted readers may."""
    loaders = re.compile(
        r"torch\.load\((?![^)]*weights_only=True)|allow_pickle=True|"
        r"(?:import|from) +(?:pickle|cPickle|dill|joblib|shelve|cloudpickle)\b"
    )
    found = {path: loaders.findall(path.read_text("utf-8")) for path in SOURCES if path != PLANETOID}
    assert len(found) > 400
    assert {str(path.relative_to(ROOT)): hits for path, hits in found.items() if hits} == {}


def test_planetoid_s_reader_is_restricted() -> None:
    """The one module that unpickles does so through its own Unpickler with `find_class`."""
    source = PLANETOID.read_text("utf-8")
    assert "def find_class" in source
    assert not re.search(r"pickle\.loads?\(", source)
