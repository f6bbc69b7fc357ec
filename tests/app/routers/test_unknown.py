"""Columns aligned with a request that holds unknown ids."""

import numpy as np
import pytest

from latentlink.app.routers.unknown import align


@pytest.mark.parametrize(
    ("values", "found", "aligned"),
    [
        ([], [], []),
        ([1, 2], [True, True], [1, 2]),
        ([1, 2], [False, True, False, True], [None, 1, None, 2]),
        ([], [False, False], [None, None]),
    ],
)
def test_values_stand_where_something_was_found(
    values: list[int], found: list[bool], aligned: list[int | None]
) -> None:
    """None fills the other places."""
    assert align(values, np.array(found, np.bool_)) == aligned
