"""Adam, against torch's optimizer."""

import subprocess
import sys

import pytest
import torch

from latentlink.models.nn.adam import Adam


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_steps_equal_those_of_torchs_optimizer(decay: float) -> None:
    """Ten steps of two parameters down one loss, with and without weight decay."""
    generator = torch.Generator().manual_seed(0)
    ours = [torch.randn(shape, generator=generator, requires_grad=True) for shape in ((3, 2), (4,))]
    theirs = [parameter.detach().clone().requires_grad_() for parameter in ours]
    adam, reference = Adam(ours, 0.05, decay), torch.optim.Adam(theirs, lr=0.05, weight_decay=decay)
    for _ in range(10):
        adam.descend((ours[0].square() * ours[0]).sum() + ours[1].exp().sum())
        reference.zero_grad()
        loss = (theirs[0].square() * theirs[0]).sum() + theirs[1].exp().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        reference.step()
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)


def test_a_step_does_not_import_torchs_compiler() -> None:
    """It takes longer than many a training."""
    script = (
        "import sys, torch; from latentlink.models.nn.adam import Adam; w = torch.ones(2, requires_grad=True); "
        "Adam([w], 0.1).descend(w.sum()); sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
