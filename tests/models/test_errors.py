"""Messages by the names of Python."""

import pytest

from latentlink.models.errors import DataError, in_python, python_names


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("--node-embeddings: expected off; add --features", "node_embeddings: expected off; add features"),
        ("train again without --no-store-features", "train again without store_features=False"),
        ("use `latentlink train --model vae`, or --dim", "use `latentlink train --model vae`, or dim"),
        ("found 'old--new.csv'", "found 'old--new.csv'"),
    ],
)
def test_options_become_parameters(message: str, expected: str) -> None:
    """Commands and names of files stay."""
    assert in_python(message) == expected


def test_the_cause_of_an_error_is_kept() -> None:
    """What the code of a module raised stays to be read."""
    cause = ValueError("deep inside")
    with pytest.raises(DataError, match=r"^dim: expected") as caught, python_names():
        raise DataError("--dim: expected") from cause
    assert caught.value.__cause__ is cause
