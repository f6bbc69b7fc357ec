"""The loss of triples, against plain complex numbers, and the optimizer against torch's."""

import numpy as np
import pytest
import torch

from latentlink.models.nn.adagrad import Adagrad
from latentlink.models.nn.complex_embeddings import OTHER_END, RELATION, Batch, triple_loss

N, R, C = 5, 3, 2


def _numbers(rows: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, C)) + 1j * rng.normal(size=(rows, C))


def _columns(numbers: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.concatenate([numbers.real, numbers.imag], axis=1))


def _nats(logits: np.ndarray, answer: int, other: int | None = None) -> float:
    """Cross-entropy, where the other end counts as several candidates."""
    counts = np.ones(len(logits))
    if other is not None:
        counts[other] = OTHER_END
    return float(np.log((counts * np.exp(logits)).sum()) - logits[answer])


def test_the_loss_is_that_of_complex_numbers() -> None:
    """Cross-entropies of target, source and relation by Re⟨s, r, t̄⟩ for all answers, and |·|³ of the three, by hand."""
    e, w = _numbers(N, 0), _numbers(R, 1)
    triples = [(0, 2, 1), (3, 0, 1), (1, 1, 4)]
    logits = np.real(np.einsum("sc,rc,tc->srt", e, w, e.conj()))
    expected = np.mean(
        [
            (_nats(logits[s, r], t, s) + _nats(logits[:, r, t], s, t)) / 2
            + RELATION * _nats(logits[s, :, t], r)
            + 0.1 * sum((np.abs(row) ** 3).sum() for row in (e[s], w[r], e[t]))
            for s, r, t in triples
        ]
    )
    source, relation, target = torch.tensor(triples).T
    found = triple_loss(_columns(e), _columns(w), Batch(source, relation, target, None, 1.0), 0.1)
    assert found.item() == pytest.approx(expected, rel=1e-9)


def test_a_sample_of_all_nodes_gives_the_loss_of_all() -> None:
    """With every node among the candidates, in any order, sampled and full loss are one."""
    e, w = _columns(_numbers(N, 2)), _columns(_numbers(R, 3))
    source, relation, target = torch.tensor([(0, 2, 1), (3, 0, 1)]).T
    full, sampled = (
        triple_loss(e, w, Batch(source, relation, target, some, 1.0), 0.01)
        for some in (None, torch.tensor([3, 1, 4, 0, 2]))
    )
    torch.testing.assert_close(sampled, full)


@pytest.mark.parametrize("rows", [None, [2, 0]])
def test_adagrad_equals_torchs(rows: list[int] | None) -> None:
    """Five steps on a whole table, and on two of its rows, whose other rows have no gradient."""
    start = torch.from_numpy(np.random.default_rng(0).normal(size=(4, 3)))
    ours, theirs = start.clone(), start.clone().requires_grad_()
    mine, reference = Adagrad([ours], 0.3), torch.optim.Adagrad([theirs], lr=0.3)
    some = None if rows is None else torch.tensor(rows)
    for step in range(5):
        gradient = torch.from_numpy(np.random.default_rng(step).normal(size=(4, 3)))
        theirs.grad = gradient if some is None else torch.zeros_like(gradient).index_copy(0, some, gradient[some])
        reference.step()
        mine.step([gradient if some is None else gradient[some]], [some])
    torch.testing.assert_close(ours, theirs.detach())
