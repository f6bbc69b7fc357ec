"""Latentlink: link prediction, in Python and behind HTTP.

`read_graph` reads a graph of anything, `LinkPredictor` trains a model on it, `evaluate` measures scores of your own, and
`to_pyg` and `to_networkx` hand a graph on (the extra `train`); `load` opens a model of a store in this process (`serve`).
`Client` and `AsyncClient` call a running service; they need nothing of the service or of training.
`latentlink.app` is the service and the command line (`serve`); `latentlink.models` makes checkpoints (`train`) and reads them.
"""

from typing import TYPE_CHECKING

__all__ = [
    "APIError",
    "AmbiguousNodeError",
    "AsyncClient",
    "Client",
    "Contribution",
    "Explanation",
    "Feature",
    "ForbiddenError",
    "FoundLinks",
    "Interval",
    "Job",
    "Link",
    "LinkPredictor",
    "Map",
    "Model",
    "ModelInfo",
    "ModelSummary",
    "Neighbor",
    "Neighbors",
    "NewNode",
    "NewNodeExplanation",
    "NewNodeQuery",
    "Node",
    "NodeList",
    "RateLimitedError",
    "Score",
    "Scores",
    "Side",
    "Split",
    "Study",
    "Support",
    "Table",
    "Threshold",
    "UnknownModelError",
    "UnknownNodeError",
    "UnreachableError",
    "Unseen",
    "evaluate",
    "load",
    "publish_state_dict",
    "publish_vectors",
    "read_graph",
    "to_networkx",
    "to_pyg",
    "trackers",
    "tune",
]

if TYPE_CHECKING:
    from latentlink import trackers
    from latentlink.client import (
        AmbiguousNodeError,
        APIError,
        AsyncClient,
        Client,
        Contribution,
        Explanation,
        Feature,
        ForbiddenError,
        FoundLinks,
        Interval,
        Job,
        Link,
        Map,
        ModelInfo,
        ModelSummary,
        Neighbor,
        Neighbors,
        NewNode,
        NewNodeExplanation,
        NewNodeQuery,
        Node,
        NodeList,
        RateLimitedError,
        Score,
        Scores,
        Side,
        Support,
        Table,
        Threshold,
        UnknownModelError,
        UnknownNodeError,
        UnreachableError,
        Unseen,
    )
    from latentlink.local.evaluation import evaluate
    from latentlink.local.model import Model, load
    from latentlink.local.predictor import LinkPredictor
    from latentlink.local.tuning import Study, tune
    from latentlink.models.checkpoint.named_split import Split
    from latentlink.models.publishing.state_dict import publish_state_dict
    from latentlink.models.publishing.vectors import publish_vectors
    from latentlink.models.sources.memory.to_networkx import to_networkx
    from latentlink.models.sources.memory.to_pyg import to_pyg
    from latentlink.models.sources.read_graph import read_graph

    __version__: str
else:
    from importlib.util import find_spec

    _SERVE, _TRAIN, _TUNE = "latentlink[serve]", "latentlink[train]", "latentlink[tune]"
    _HOMES = {
        "LinkPredictor": ("local.predictor", _TRAIN),
        "Model": ("local.model", _SERVE),
        "Split": ("models.checkpoint.named_split", _SERVE),
        "Study": ("local.tuning", _TUNE),
        "evaluate": ("local.evaluation", _TRAIN),
        "load": ("local.model", _SERVE),
        "publish_state_dict": ("models.publishing.state_dict", _TRAIN),
        "publish_vectors": ("models.publishing.vectors", _TRAIN),
        "read_graph": ("models.sources.read_graph", _TRAIN),
        "to_networkx": ("models.sources.memory.to_networkx", _TRAIN),
        "to_pyg": ("models.sources.memory.to_pyg", _TRAIN),
        "trackers": ("trackers", _TRAIN),
        "tune": ("local.tuning", _TUNE),
    }

    _NAMES, _MARKS = tuple(__all__), {_SERVE: "fastapi", _TRAIN: "torch", _TUNE: "optuna"}
    _ABSENT = {requirement for requirement, package in _MARKS.items() if find_spec(package) is None}
    # `from latentlink import *` takes what is installed.
    __all__ = [name for name in _NAMES if name not in _HOMES or _HOMES[name][1] not in _ABSENT]

    def __getattr__(name: str) -> object:
        """Import a name on first use: the service and the command line must not load the client, nor a client torch."""
        from importlib import import_module, metadata

        if name == "__version__":
            return metadata.version("latentlink")
        if name in _NAMES:
            from latentlink.extras import needing

            home, requirement = _HOMES.get(name, ("client", "latentlink"))
            with needing(requirement):
                module = import_module(f"latentlink.{home}")
            return module if home == name else getattr(module, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return [*_NAMES, "__version__"]
