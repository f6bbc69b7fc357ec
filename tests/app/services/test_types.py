"""Messages on types that are wrong."""

import numpy as np
import pytest

from latentlink.app.errors import InvalidRequestError
from latentlink.app.services.types import Types


def test_messages_name_some_of_many_types() -> None:
    """Ten of a hundred, and of their pairs."""
    names = [f"t{place}" for place in range(100)]
    types = Types(names, np.arange(100, dtype=np.uint16), [(name, "t0") for name in names[1:]], directed=False)
    with pytest.raises(InvalidRequestError, match=r"one of t0, t1, .*, t9 and 90 more, found 'x'"):
        types.place("x", "type")
    with pytest.raises(InvalidRequestError, match=r"t1–t0, .*, t10–t0 and 89 more, found t1–t2"):
        types.require_pair(np.array([1, 2]), "target")
