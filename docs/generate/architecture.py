"""The floors of `models/` and `app/`, from the import contracts in pyproject.toml and the docstrings of their modules."""

import ast
import tomllib
from pathlib import Path

from docs.generate.markdown import item, plain

ROOT = Path(__file__).parents[2]


def floors(package: str) -> str:
    """The layers of a package from the highest to floor 1, each module with the first paragraph of its docstring."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    containers = [f"latentlink.{package}"]
    [layers] = [
        each["layers"] for each in config["tool"]["importlinter"]["contracts"] if each.get("containers") == containers
    ]
    return "\n".join(
        item(f"Floor {floor}: `{name}`. {plain(_about(ROOT / package / name))}")
        for floor, layer in zip(range(len(layers), 0, -1), layers, strict=True)
        for name in layer.split(" | ")
    )


def _about(path: Path) -> str:
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return (ast.get_docstring(ast.parse(source.read_text("utf-8"))) or "").split("\n\n")[0]
