"""Torch modules as encoders: convolutions of PyTorch Geometric, or a module of the user's.

A module is called as PyTorch Geometric calls its own, `module(x, edge_index)` or `module(x, edge_index, edge_weight=…)`, and
returns z (N, D). It is trained like Latentlink's encoders and never leaves the training: the service reads its vectors.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from latentlink.models.errors import DataError

ModuleMaker = Callable[[int, int], nn.Module]
"""Makes an untrained module of F input columns and D output columns."""


FARTHEST = 10  # hops that a module may look for neighbor sampling
_PROBES = 8  # random features by which they are measured


class EdgeIndex(NamedTuple):
    """Message-passing edges as PyTorch Geometric has them.

    Attributes:
        pairs: int64 (2, 2e), each undirected edge in both directions, without self-loops.
        weight: float32 (2e,), or None.
    """

    pairs: Tensor
    weight: Tensor | None


class ModuleEncoder(nn.Module):
    """A module, and for a graph without features the learned node embeddings (N, D) that it takes as features.

    Args:
        module: on the CPU.
        rows: N where it learns node embeddings, else None.
        dim: D.
        generator: source of the initial node embeddings, on the CPU.
    """

    def __init__(self, module: nn.Module, rows: int | None, dim: int, *, generator: torch.Generator) -> None:
        super().__init__()
        self.module, self.weighted = module, takes_weights(module)
        self.rows = None if rows is None else nn.Parameter(0.1 * torch.randn(rows, dim, generator=generator))

    def forward(self, x: Tensor | None, edges: EdgeIndex, nodes: Tensor | None = None) -> Tensor:
        """z, float32 (N, D), of features x (N, F), None without any; or of some nodes, int64 (m,), whose places are the ends."""
        weights = {"edge_weight": edges.weight.clone()} if self.weighted and edges.weight is not None else {}
        rows = self.rows if self.rows is None or nodes is None else self.rows.index_select(0, nodes)
        features = x if rows is None else rows
        assert features is not None
        # Copies, as a module may overwrite what it gets, which are the graph's own features and edges.
        z: Tensor = self.module(features.clone(), edges.pairs.clone(), **weights)
        return z

    def public_weights(self) -> dict[str, Tensor]:
        """Parameters and buffers of finite numbers under their names in a checkpoint, for the record."""
        state = {f"module.{name}": tensor for name, tensor in self.module.state_dict().items()}
        if self.rows is not None:
            state["module_rows.weight"] = self.rows
        numbers = {name: w for name, w in state.items() if isinstance(w, Tensor) and w.is_floating_point()}
        return {name: w.float() for name, w in numbers.items() if bool(w.isfinite().all())}


def takes_weights(module: nn.Module) -> bool:
    """Whether a module's forward pass takes `edge_weight`.

    Raises:
        ValueError: it has no signature, as in TorchScript.
    """
    return "edge_weight" in signature(module.forward).parameters


def receptive_field(module: nn.Module, width: int, device: torch.device) -> int:
    """How many hops away features still count in a vector: measured on a path of nodes, whatever the layers are.

    Args:
        module: in evaluation mode afterwards.
        width: F.
        device: of the module.

    Raises:
        DataError: there is no such number up to `FARTHEST`, or the vectors are not those of the given nodes.
    """
    n, seen = FARTHEST + 2, 0
    one_way = torch.stack([torch.arange(n - 1), torch.arange(1, n)])
    pairs = torch.cat([one_way, one_way.flip(0)], dim=1).to(device)
    module.eval()
    with seeded(0, device):
        for _ in range(_PROBES):  # a ReLU may be closed to some features
            x = torch.randn(n, width, device=device, requires_grad=True)
            z: Tensor = module(x.clone(), pairs.clone())
            if len(z) != n:
                raise DataError(
                    f"--neighbor-sampling: expected a module that embeds any part of the nodes, found {len(z):,} vectors for "
                    f"{n}; correct the module, or pass --neighbor-sampling off"
                )
            (gradient,) = torch.autograd.grad(z[0] @ torch.randn_like(z[0]), x, materialize_grads=True)
            seen = max(seen, *gradient.any(dim=1).nonzero().flatten().tolist(), 0)
    if seen > FARTHEST:
        raise DataError(
            f"--neighbor-sampling: expected a module whose vectors depend on nodes at most {FARTHEST} hops away, found one that "
            "looks further, perhaps at all nodes; pass --neighbor-sampling off"
        )
    return seen


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Torch's global random numbers, which modules draw from, begin with `seed`; afterwards they go on as before."""
    with torch.random.fork_rng([torch.cuda.current_device()] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


@contextmanager
def teaching(text: str) -> Iterator[None]:
    """Turn what the code of a module raises into a message; `text` names the encoder.

    Raises:
        DataError: it raises anything.
    """
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"--encoder {text}: expected a module that is made of (n_features, dim) and takes (x, edge_index), found "
            f"{type(error).__name__}: {reason}; correct the module"
        ) from error


class TwoLayers(nn.Module):
    """Two convolutions with a ReLU between them."""

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """z (N, D)."""
        z: Tensor = self.second(self.first(x, edge_index).relu(), edge_index)
        return z


class TwoWeightedLayers(TwoLayers):
    """The same of convolutions that take weights of edges."""

    def forward(self, x: Tensor, edge_index: Tensor, edge_weight: Tensor | None = None) -> Tensor:
        """z (N, D)."""
        z: Tensor = self.second(self.first(x, edge_index, edge_weight).relu(), edge_index, edge_weight)
        return z


class LightGCN(nn.Module):
    """The mean of a linear map and of its propagations over one and two hops (He et al. 2020, 2002.02126)."""

    def __init__(self, convolution: nn.Module, n_features: int, dim: int) -> None:
        super().__init__()
        self.entry, self.convolution = nn.Linear(n_features, dim, bias=False), convolution

    def forward(self, x: Tensor, edge_index: Tensor, edge_weight: Tensor | None = None) -> Tensor:
        """z (N, D)."""
        near = self.entry(x)
        once = self.convolution(near, edge_index, edge_weight)
        z: Tensor = (near + once + self.convolution(once, edge_index, edge_weight)) / 3
        return z


_HEADS = 4  # of the first layer of convolutions with attention


def pyg_module(name: str, n_features: int, hidden: int, dim: int) -> nn.Module:
    """Two layers of the convolution `name` of PyTorch Geometric, F → hidden → D.

    Attention has four heads in the first layer; `LGConv`, which has no parameters, is LightGCN.
    """
    from torch_geometric import nn as pyg

    convolution: Any = getattr(pyg, name)
    match name:
        case "LGConv":
            return LightGCN(convolution(), n_features, dim)
        case "GATConv" | "GATv2Conv" | "TransformerConv":
            width = max(1, hidden // _HEADS)
            return TwoLayers(convolution(n_features, width, heads=_HEADS), convolution(_HEADS * width, dim))
        case "GINConv":
            return TwoLayers(convolution(_perceptron(n_features, hidden)), convolution(_perceptron(hidden, dim)))
    layers = TwoWeightedLayers if name == "GCNConv" else TwoLayers
    return layers(convolution(n_features, hidden), convolution(hidden, dim))


def _perceptron(fan_in: int, fan_out: int) -> nn.Module:
    return nn.Sequential(nn.Linear(fan_in, fan_out), nn.ReLU(), nn.Linear(fan_out, fan_out))
