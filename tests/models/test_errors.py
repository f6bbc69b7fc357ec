"""Messages by the names of Python."""

import pytest

from latentlink.models.errors import DataError, python_names


def test_the_cause_of_an_error_is_kept() -> None:
    """What the code of a module raised stays to be read."""
    cause = ValueError("deep inside")
    with pytest.raises(DataError, match=r"^dim: expected") as caught, python_names():
        raise DataError("--dim: expected") from cause
    assert caught.value.__cause__ is cause
