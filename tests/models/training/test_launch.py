"""The place of a process, from the variables that launchers set."""

import re

import pytest

from latentlink.models.errors import DataError
from latentlink.models.training.launch import ONE_PROCESS, Launch, read_launch

FOUND = {"MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "29500"}
SECOND = {"WORLD_SIZE": "4", "RANK": "2", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2", **FOUND}


@pytest.mark.parametrize(
    ("environment", "launch"),
    [
        ({}, ONE_PROCESS),
        ({"WORLD_SIZE": "1", "RANK": "0", "LOCAL_RANK": "0", **FOUND}, ONE_PROCESS),
        (SECOND, Launch(2, 4, 0, 2)),
        ({"WORLD_SIZE": "2", "RANK": "1", **FOUND}, Launch(1, 2, 0, 1)),
    ],
)
def test_the_launch_is_that_of_torchrun(environment: dict[str, str], launch: Launch) -> None:
    """One process without torchrun or with one rank; where nothing is said of a machine, each process has one of its own."""
    assert read_launch(environment) == launch


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"WORLD_SIZE": "two"}, "WORLD_SIZE: expected a whole number from 1 to 2147483647, found two; start"),
        ({"WORLD_SIZE": ""}, "WORLD_SIZE: expected a whole number from 1 to 2147483647, found none; start"),
        ({"RANK": ""}, "RANK: expected a whole number from 0 to 3, found none; start the processes with torchrun"),
        ({"RANK": "4"}, "RANK: expected a whole number from 0 to 3, found 4"),
        ({"LOCAL_WORLD_SIZE": "5"}, "LOCAL_WORLD_SIZE: expected a whole number from 1 to 4, found 5"),
        ({"LOCAL_RANK": "2"}, "LOCAL_RANK: expected a whole number from 0 to 1, found 2"),
        ({"MASTER_PORT": ""}, "MASTER_PORT: expected it beside WORLD_SIZE=4, found none"),
    ],
)
def test_variables_that_contradict_each_other_are_refused(wrong: dict[str, str], message: str) -> None:
    """The variable, what it may be, and how to go on."""
    with pytest.raises(DataError, match=re.escape(message)):
        read_launch({**SECOND, **wrong})
