"""Programs that some tests run and a machine may lack."""

import os
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import pytest


class Tool(NamedTuple):
    """A program.

    Attributes:
        name: of the variable that demands it, `TESTS_NEED_<NAME>`.
        path: where it is; None if it is nowhere.
        why_not: where it was looked for.
    """

    name: str
    path: str | None
    why_not: str

    @property
    def skipped(self) -> bool:
        """Whether its tests are: it is missing, and `TESTS_NEED_<NAME>=1` does not forbid to skip them."""
        return self.path is None and os.environ.get(f"TESTS_NEED_{self.name.upper()}") != "1"

    @property
    def needed(self) -> pytest.MarkDecorator:
        """The mark of tests that need it."""
        return pytest.mark.skipif(self.skipped, reason=self.why_not)

    def require(self) -> str:
        """Its path.

        Raises:
            FileNotFoundError: it is missing; tests come here without it only where they may not be skipped.
        """
        if self.path is None:
            raise FileNotFoundError(self.why_not)
        return self.path


def in_environment(name: str, wheel: str) -> Tool:
    """A program that a wheel of the extra `proofs` brings into the environment of these tests."""
    path = shutil.which(name, path=Path(sys.executable).parent)
    return Tool(name, path, f"no {name} beside this Python: install {wheel}, which is in the extra `proofs`")
