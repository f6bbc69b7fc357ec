"""Scores of given pairs."""

import pytest

from latentlink.app.errors import InvalidRequestError, UnknownNodesError
from latentlink.app.services.link_lists.pairs import GivenPairs
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint import open_checkpoint
from tests.support import Small


@pytest.fixture(scope="module")
def relational(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    """A model with three relations."""
    store = tmp_path_factory.mktemp("store")
    return Scorer(open_checkpoint(store / "small" / Small.relational().publish(store)))


def test_pairs_keep_their_order_and_have_the_logit_of_their_relation(
    relational: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In steps of two pairs, as `score_pair` of each relation has it, to the bit."""
    monkeypatch.setattr("latentlink.app.services.link_lists.pairs._AT_ONCE", 2)
    nodes, names = ["a", "b", "n40", "a", "b", "a"], ["knows", "likes", "knows"]
    pairs = GivenPairs(relational, nodes, relations=names)
    assert [*pairs.steps()] == [(2 / 3, 2), (1.0, 1)]
    rows = relational.rows(nodes).reshape(-1, 2).tolist()
    expected = [relational.of_relation(name).score_pair(*pair).logit for name, pair in zip(names, rows, strict=True)]
    assert pairs.links().logits.tolist() == expected
    assert [*zip(pairs.links().sources.tolist(), pairs.links().targets.tolist(), strict=True)] == [*map(tuple, rows)]


def test_wrong_pairs_are_refused(relational: Scorer) -> None:
    """Unknown ids, no relation of several, and another number of relations than of pairs."""
    with pytest.raises(UnknownNodesError, match="'zz'"):
        GivenPairs(relational, ["a", "zz"], relations="knows")
    with pytest.raises(InvalidRequestError, match="relation: expected one of the relations"):
        GivenPairs(relational, ["a", "b"])
    with pytest.raises(InvalidRequestError, match="relations: expected a relation for each of 1 pairs, found 2"):
        GivenPairs(relational, ["a", "b"], relations=["knows", "likes"])
