"""The examples of docs/client.md are run."""

import re
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.service import running_service
from tests.support import Small

GUIDE = (Path(__file__).parents[3] / "docs/client.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
PEOPLE = Small(
    np.array([[1, 0], [0.5, 1], [1, 1], [-1, 2]], np.float32), np.array([[0, 1]]), ids=("alice", "bob", "carol", "dave")
)


def test_the_examples_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Against a model of four people, and print what they say."""
    PEOPLE.publish(tmp_path, "people")
    with running_service(tmp_path) as service:
        for example in EXAMPLES:
            exec(example.replace("http://localhost:8000", service.url), {"__name__": "example"})
    printed = [line for line in capfd.readouterr().out.splitlines() if "HTTP/1.1" not in line]
    assert printed[0] == "0.6224593312018546 True"
    assert [line.split()[0] for line in printed[1:3]] == ["carol", "dave"]
    assert "(4, 2) float32" in printed[4]
    assert printed[5] == "{'alise': ['alice']}"
    assert len(printed) == 7
