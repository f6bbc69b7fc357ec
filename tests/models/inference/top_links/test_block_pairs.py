"""The order of pairs of blocks."""

import numpy as np
import pytest

from latentlink.models.inference.link_decoder import LinkDecoder
from latentlink.models.inference.top_links.block_pairs import BlockPairs, Rectangle
from latentlink.models.inference.top_links.sides import Vectors


@pytest.mark.parametrize("directed", [False, True])
def test_pairs_of_blocks_come_by_falling_bounds(directed: bool) -> None:
    """Each once, ties in order of rectangle and blocks; as all bounds sorted at once."""
    random, error = np.random.default_rng(0), 1e-6
    z = random.normal(0, 1, (50, 4)).astype(np.float32)
    z[25:] = z[:25]  # ties
    decoder = LinkDecoder(z)
    sides = Vectors(decoder, True, False), Vectors(decoder, False, False)
    some, others = np.arange(30), np.arange(20, 50)
    rectangles = [Rectangle.make(sides, rows, 4, directed=directed) for rows in ((some, some), (some, others))]
    expected = []
    for place, (one, other, triangle) in enumerate(rectangles):
        lengths = one.maxima.lengths, other.maxima.lengths
        for i, left in enumerate(lengths[0]):
            for j, right in enumerate(lengths[1]):
                if j >= i or not triangle:
                    whole = error * (one.maxima.whole[i] * other.maxima.whole[j])
                    expected.append(
                        (-(left * right + (one.maxima.heights[i] + other.maxima.heights[j]) + whole), place, i, j)
                    )
    expected.sort()
    pairs = BlockPairs(rectangles, error)
    assert len(pairs) == len(expected)
    for at, (bound, place, i, j) in enumerate(expected):
        rectangle, first, second = pairs.at(at)
        assert (rectangle is rectangles[place], first, second) == (True, i, j)
        assert pairs.left(at, -bound) == sum(one <= bound for one, *_ in expected) - at
