"""How an answer becomes bytes."""

import json

import numpy as np

from latentlink.app.http.responses import JSON


def test_float32_is_written_with_the_digits_that_identify_it() -> None:
    """Every float32 comes back to the bit, and 0.1 is not written as 0.10000000149."""
    random = np.random.default_rng(1)
    numbers = np.concatenate(
        [np.array([0.1, -0.0, 1e-45, 3.4e38], np.float32), random.normal(size=1000).astype(np.float32)]
    )
    content = bytes(JSON({"x": numbers}).body)
    assert content.startswith(b'{"x":[0.1,')
    assert np.array(json.loads(content)["x"], np.float32).tobytes() == numbers.tobytes()


def test_float64_comes_back_to_the_bit() -> None:
    """Probabilities lose nothing on their way."""
    numbers = np.random.default_rng(2).normal(size=1000).tolist()
    assert json.loads(bytes(JSON({"x": numbers}).body))["x"] == numbers


def test_text_is_utf_8() -> None:
    """Letters are sent as they are."""
    assert JSON({"node": "日本"}).body == '{"node":"日本"}'.encode()
