"""Latentlink: link prediction, in Python and behind HTTP.

`load` opens a model of a store in this process (the extra `serve`), `LinkPredictor` trains one and `evaluate` measures scores
of your own (`train`). `Client` and `AsyncClient` call a running service; they need nothing of the service or of training.
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
    "Interval",
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
    "Score",
    "Scores",
    "Side",
    "Split",
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
    "trackers",
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
        Interval,
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
    from latentlink.local.split import Split
    from latentlink.models.publishing.state_dict import publish_state_dict
    from latentlink.models.publishing.vectors import publish_vectors

    __version__: str
else:
    _SERVE, _TRAIN = "latentlink[serve]", "latentlink[train]"
    _HOMES = {
        "LinkPredictor": ("local.predictor", _TRAIN),
        "Model": ("local.model", _SERVE),
        "Split": ("local.split", _SERVE),
        "evaluate": ("local.evaluation", _TRAIN),
        "load": ("local.model", _SERVE),
        "publish_state_dict": ("models.publishing.state_dict", _TRAIN),
        "publish_vectors": ("models.publishing.vectors", _TRAIN),
        "trackers": ("trackers", _TRAIN),
    }

    def __getattr__(name: str) -> object:
        """Import a name on first use: the service and the command line must not load the client, nor a client torch."""
        from importlib import import_module, metadata

        if name == "__version__":
            return metadata.version("latentlink")
        if name in __all__:
            from latentlink.extras import needing

            home, requirement = _HOMES.get(name, ("client", "latentlink"))
            with needing(requirement):
                module = import_module(f"latentlink.{home}")
            return module if home == name else getattr(module, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return [*__all__, "__version__"]
