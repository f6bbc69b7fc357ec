"""Types of nodes; what they allow is tested over HTTP."""

import numpy as np
import pytest

from latentlink.app.errors import InvalidRequestError
from latentlink.app.services.types import Types

MANY = [f"type {place}" for place in range(1_000)]


@pytest.mark.parametrize("name", ["film", "x" * 10_000])
def test_messages_about_very_many_types_are_short(name: str) -> None:
    """Twenty names or pairs of them, and the number of the others; a long name is cut."""
    linked = [(one, other) for one in MANY[:20] for other in [*MANY[:9], "x" * 10_000]]
    types = Types([*MANY, "x" * 10_000], np.zeros(1, np.uint16), linked, directed=True)
    with pytest.raises(InvalidRequestError, match=r"'type 0', 'type 1', .*, 'type 19' and 981 more, found") as unknown:
        types.place(f"no {name}", "type")
    with pytest.raises(InvalidRequestError, match=r"type 0–type 0, .* and 180 more, found type 20–type 0") as barred:
        types.require_kinds(np.array([[0, 0], [20, 0]]), "links")
    assert max(len(str(raised.value)) for raised in (unknown, barred)) < 1_000
