"""Which device is chosen, and that a training keeps to the one it is given."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.host import SMALL_WORK
from latentlink.models.nn.sparse import CPU
from latentlink.models.training.planning.devices import choose_device, deterministic
from latentlink.models.training.trainers.feature_trainer import FeatureTrainer
from latentlink.models.training.trainers.neighbor_sampling import NeighborSamplingTrainer
from latentlink.models.training.trainers.trainer import Trainer


@pytest.mark.parametrize(
    ("asked", "work", "gpu", "chosen"),
    [
        ("auto", SMALL_WORK, True, "cuda"),
        ("auto", SMALL_WORK - 1, True, "cpu"),
        ("auto", SMALL_WORK, False, "cpu"),
        ("cpu", SMALL_WORK, True, "cpu"),
        ("cuda", 1, True, "cuda"),
    ],
)
def test_a_gpu_is_taken_where_it_is_there_and_worth_it(
    monkeypatch: pytest.MonkeyPatch, asked: str, work: int, gpu: bool, chosen: str
) -> None:
    """Auto leaves small graphs to the CPU; a named device is taken."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    assert choose_device(asked, work).type == chosen


@pytest.mark.parametrize(
    ("asked", "message"), [("cuda", "found none; train with --device cpu"), ("gpu", "found 'gpu'")]
)
def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, asked: str, message: str) -> None:
    """A GPU that torch does not find, or an unknown device."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DataError, match=message):
        choose_device(asked, SMALL_WORK)


@pytest.mark.parametrize(("gpus", "chosen"), [(4, "cuda"), (3, "cpu")])
def test_processes_of_a_machine_have_a_gpu_each(monkeypatch: pytest.MonkeyPatch, gpus: int, chosen: str) -> None:
    """Auto leaves too few of them alone; a named one is refused."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    assert choose_device("auto", SMALL_WORK, 4).type == chosen
    if chosen == "cpu":
        with pytest.raises(DataError, match="for each of the 4 processes of this machine, found 3"):
            choose_device("cuda", SMALL_WORK, 4)


class _OnHost:
    """Replaces a tensor made of a numpy array: it only offers the copy to a device."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self._tensor = tensor

    def to(self, device: torch.device) -> torch.Tensor:
        return self._tensor.to(device)


@pytest.mark.parametrize("kind", [Trainer, NeighborSamplingTrainer])
@pytest.mark.parametrize("layout", ["none", "dense", "sparse"])
@pytest.mark.parametrize(("encoder", "masking"), [("gcn", 0.0), ("gcn", 0.5), ("linear", 0.5), ("normalized", 0.5)])
def test_every_tensor_is_made_for_the_device(
    monkeypatch: pytest.MonkeyPatch, encoder: str, masking: float, layout: str, kind: type[Trainer]
) -> None:
    """A training on a named device gives the same if the default device is another and host tensors are unusable."""
    graph = _ring(layout)
    config = TrainingConfig.model_validate(
        {"encoder": encoder, "edge_masking": masking, "feature_dropout": 0.5, "dim": 4}
    )
    _assert_made_for_the_device(
        monkeypatch, lambda cpu: kind(graph, np.arange(graph.n_edges), config, node_embeddings=True, device=cpu)
    )


@pytest.mark.parametrize("layout", ["dense", "sparse"])
@pytest.mark.parametrize("model", ["ae", "vae"])
def test_every_tensor_of_a_model_of_features_is_made_for_the_device(
    monkeypatch: pytest.MonkeyPatch, model: str, layout: str
) -> None:
    """As for models of links."""
    graph, config = _ring(layout), TrainingConfig.model_validate({"model": model, "dim": 4})
    every = np.arange(12)
    _assert_made_for_the_device(monkeypatch, lambda cpu: FeatureTrainer(graph, every, every, config, device=cpu))


def _assert_made_for_the_device(
    monkeypatch: pytest.MonkeyPatch, begin: Callable[[torch.device], Trainer | FeatureTrainer]
) -> None:
    def learn() -> np.ndarray:
        run = begin(torch.device("cpu"))
        run.step()
        return run.embed().mu

    expected, from_numpy = learn(), torch.from_numpy
    monkeypatch.setattr(torch, "from_numpy", lambda array: _OnHost(from_numpy(array)))
    with torch.device("meta"):
        np.testing.assert_array_equal(learn(), expected)


def _ring(layout: str) -> Graph:
    x = np.eye(12, dtype=np.float32)
    features = {"none": None, "dense": x, "sparse": CSR.from_dense(x)}[layout]
    pairs = np.stack([np.arange(12), (np.arange(12) + 1) % 12], axis=1)
    return Graph.from_pairs([f"n{i}" for i in range(12)], pairs, np.ones(12, np.float32), features)


def test_modules_repeat_every_bit_on_several_threads() -> None:
    """Rows gathered by index, whose gradient torch otherwise sums in any order."""
    i, weight = torch.randint(0, 1000, (60_000,)), torch.randn(60_000, 32)
    threads = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        with deterministic(CPU, modules=True):
            found = {_gradient(i, weight) for _ in range(5)}
    finally:
        torch.set_num_threads(threads)
    assert len(found) == 1


def _gradient(i: Tensor, weight: Tensor) -> bytes:
    x = torch.zeros(1000, 32, requires_grad=True)
    [gradient] = torch.autograd.grad((x[i] * weight).sum(), [x])
    return gradient.numpy().tobytes()
