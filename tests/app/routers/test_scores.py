"""Edge probabilities over HTTP."""

import math

import numpy as np
import pytest

from tests.app.oracle import links, logit, sigma
from tests.support import TRICKY, Client, Small

URL = "/v1/models/small"
COLUMNS = ("probability", "logit", "known")


@pytest.mark.parametrize("target", TRICKY)
def test_a_pair_of_odd_ids_gets_the_formula_s_probability(client: Client, small: Small, target: str) -> None:
    """Any id travels through a query parameter and back, and scores as the formula has it."""
    answer = client.get(f"{URL}/score", params={"source": "ünï", "target": target}).json()
    expected = logit(small.mu, small.ids.index("ünï"), small.ids.index(target))
    assert (answer["source"], answer["target"]) == ("ünï", target)
    assert math.isclose(answer["logit"], expected, rel_tol=1e-12)
    assert math.isclose(answer["probability"], sigma(expected), rel_tol=1e-12)


def test_every_pair_in_one_batch_gets_the_formula_s_probability(client: Client, small: Small) -> None:
    """All 3,600 pairs: logits and probabilities to 1e-12 relative, known for the graph's edges alone."""
    pairs = [(i, j) for i in range(60) for j in range(60)]
    answer = client.post(f"{URL}/scores", json={"pairs": [[small.ids[i], small.ids[j]] for i, j in pairs]}).json()
    logits = [logit(small.mu, i, j) for i, j in pairs]
    np.testing.assert_allclose(answer["logit"], logits, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(answer["probability"], [sigma(x) for x in logits], rtol=1e-12)
    assert {pair for pair, known in zip(pairs, answer["known"], strict=True) if known} == links(small.edges)


@pytest.mark.parametrize("count", [1, 256, 257, 2000])
def test_a_batch_equals_its_single_answers(client: Client, small: Small, count: int) -> None:
    """On either side of the threshold that leaves the event loop, each pair answers as it does alone, to the bit."""
    pairs = [[small.ids[i % 60], small.ids[i * 7 % 60]] for i in range(count)]
    batch = client.post(f"{URL}/scores", json={"pairs": pairs}).json()
    for i in {0, count // 2, count - 1}:
        single = client.get(f"{URL}/score", params={"source": pairs[i][0], "target": pairs[i][1]}).json()
        assert [single[column] for column in COLUMNS] == [batch[column][i] for column in COLUMNS]


def test_unknown_ids_become_null_on_request(client: Client) -> None:
    """With on_unknown "null" a pair with an unknown end is null in every column, the others are as they were."""
    pairs = [["?", "a"], ["a", "b"], ["a", "?"], ["?", "?"]]
    answer = client.post(f"{URL}/scores", json={"pairs": pairs, "on_unknown": "null"}).json()
    alone = client.get(f"{URL}/score", params={"source": "a", "target": "b"}).json()
    for column in COLUMNS:
        assert answer[column] == [None, alone[column], None, None]
