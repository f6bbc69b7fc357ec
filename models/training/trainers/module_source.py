"""Which torch module an encoder's name means: one of PyTorch Geometric's, a class in a file, or what Python code passes."""

import sys
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import torch
from torch import nn

from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.roles import encoder_features
from latentlink.models.nn.modules import ModuleMaker, pyg_module, seeded, takes_weights, teaching
from latentlink.models.recipes import code_file

Encoder = nn.Module | ModuleMaker


@dataclass(frozen=True)
class ModuleSource:
    """A source of untrained copies of one module.

    Attributes:
        config: names the encoder, and has D and the seed of its initial weights.
        make: of F and D.
        width: F, or D without features, where a module takes node embeddings.
        weighted: whether edges have weights.
    """

    config: TrainingConfig
    make: ModuleMaker
    width: int
    weighted: bool

    def new(self) -> nn.Module:
        """An untrained module, on the CPU; every one has the same initial weights.

        Raises:
            DataError: the code of the module fails, or makes something else.
        """
        with teaching(self.config.encoder), seeded(self.config.seed, torch.device("cpu")):
            module = self.make(self.width, self.config.dim)
        if not isinstance(module, nn.Module):
            raise DataError(
                f"--encoder {self.config.encoder}: expected a torch.nn.Module, found {type(module).__name__}"
            )
        if any(getattr(part, "cached", False) for part in module.modules()):
            raise DataError(
                f"--encoder {self.config.encoder}: expected layers that read the given edges, found one with cached=True, "
                "which keeps those of its first call, perhaps held-out ones, too; drop cached=True"
            )
        return module

    @cached_property
    def text(self) -> str:
        """The module as torch prints it."""
        return str(self.new())

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What readers of the metrics need to know of it."""
        if not self.weighted or takes_weights(self.new()):
            return ()
        return (
            f"The encoder {self.config.encoder} takes no edge_weight: weights of links count in the loss and not in its "
            "message passing.",
        )


def module_source(graph: Graph, config: TrainingConfig, encoder: Encoder | None) -> ModuleSource | None:
    """The source of the encoder of a config; None for an encoder of Latentlink.

    Args:
        graph: of a directed one a module sees two roles of each node, with columns of their own.
        config: whose `encoder` names the module.
        encoder: the module, which is copied, its class or another function of (F, D); None to find it by its name.

    Raises:
        DataError: there is no such module, or one beside an encoder of another name.
    """
    if encoder is not None and not config.of_module:
        raise DataError(
            f"encoder: expected a config that names the module, found {config.encoder!r}; make it with "
            f"TrainingConfig(encoder={name_of(encoder)!r}, …)"
        )
    if not config.of_module:
        return None
    make = _found(config) if encoder is None else _maker(encoder)
    width = (1 + graph.directed) * graph.n_features or config.dim
    return ModuleSource(config, make, width, graph.weights is not None)


def name_of(encoder: Encoder) -> str:
    """What a config calls a module, its class or a function: `MODULE:CLASS`.

    Raises:
        DataError: it is none of these.
    """
    if not callable(encoder):
        raise DataError(
            f"encoder: expected a name, a torch module, its class or another function of (n_features, dim), found {encoder!r}"
        )
    named: Any = type(encoder) if isinstance(encoder, nn.Module) else encoder
    name = getattr(named, "__name__", "encoder")  # a partial function has none
    return f"{named.__module__}:{name if name.isidentifier() else 'encoder'}"


def width_of(encoder: Encoder, graph: Graph) -> int | None:
    """D, the width of what an untrained module makes of a graph's features; None of a function of D, or without features.

    Raises:
        DataError: the module fails.
    """
    x = encoder_features(graph)
    if x is None or not isinstance(encoder, nn.Module):
        return None
    dense = torch.tensor(x.to_dense() if isinstance(x, CSR) else x)  # a copy, which the module may overwrite
    with teaching(name_of(encoder)), seeded(0, torch.device("cpu")), torch.no_grad():
        z: Any = deepcopy(encoder).eval()(dense, torch.empty((2, 0), dtype=torch.int64))
        return int(z.shape[1])


def _maker(encoder: Encoder) -> ModuleMaker:
    """A module in training keeps nothing for the next one: each is a copy."""
    return (lambda *_: deepcopy(encoder)) if isinstance(encoder, nn.Module) else encoder


def _found(config: TrainingConfig) -> ModuleMaker:
    source, _, name = config.encoder.rpartition(":")
    if source == "pyg":
        return partial(_pyg, name, config.hidden)
    path = code_file(config.encoder)
    if path is None:
        raise DataError(
            f"encoder: expected the module that {config.encoder!r} names, found none; pass it to train(…, encoder=…)"
        )
    made: Any = _run(path).get(name)
    if not callable(made):
        raise DataError(f"--encoder {config.encoder}: expected a class {name} in {path}, found none; correct the name")
    return made  # type: ignore[no-any-return] # what it makes is checked


def _pyg(name: str, hidden: int, n_features: int, dim: int) -> nn.Module:
    return pyg_module(name, n_features, hidden, dim)


def _run(path: Path) -> Mapping[str, object]:
    """The names that a file of Python code defines, once it was run; it may import files beside it."""
    if not path.is_file():
        raise DataError(f"--encoder {path}: expected a file of Python code, found none; check the path")
    spec = spec_from_file_location(f"latentlink_encoder_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)  # where dataclasses look their names up
    beside = str(path.parent.resolve())
    sys.path.insert(0, beside)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"--encoder {path}: expected Python code that runs, found {type(error).__name__}: {reason}; correct it"
        ) from error
    finally:
        sys.path.remove(beside)
    return vars(module)
