"""Latentlink: link prediction behind HTTP.

`Client` and `AsyncClient` call a running service; they need nothing of the service or of training.
`read_graph` reads a graph of anything, `to_pyg` and `to_networkx` hand it on; they need the extra `train`.
`latentlink.app` is the service and the command line (the extra `serve`); `latentlink.models` makes checkpoints (`train`) and
reads them.
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
    "Map",
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
    "Support",
    "Table",
    "Threshold",
    "UnknownModelError",
    "UnknownNodeError",
    "UnreachableError",
    "Unseen",
    "read_graph",
    "to_networkx",
    "to_pyg",
]

if TYPE_CHECKING:
    from latentlink.client import (
        AmbiguousNodeError,
        APIError,
        AsyncClient,
        Client,
        Contribution,
        Explanation,
        Feature,
        Interval,
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
    from latentlink.models.sources.memory.to_networkx import to_networkx
    from latentlink.models.sources.memory.to_pyg import to_pyg
    from latentlink.models.sources.read_graph import read_graph

    __version__: str
else:
    _HOMES = {
        "read_graph": "models.sources.read_graph",
        "to_networkx": "models.sources.memory.to_networkx",
        "to_pyg": "models.sources.memory.to_pyg",
    }

    def __getattr__(name: str) -> object:
        """Import a name on first use: the service and the command line must not load the client, nor a client what reads data."""
        from importlib import import_module, metadata

        if name == "__version__":
            return metadata.version("latentlink")
        if name in __all__:
            home = _HOMES.get(name)
            try:
                return getattr(import_module(f"latentlink.{home or 'client'}"), name)
            except ModuleNotFoundError as error:
                from latentlink.extras import how_to_install

                package = "latentlink[train]" if home else "latentlink"
                raise ModuleNotFoundError(how_to_install(error, package), name=error.name) from None
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return [*__all__, "__version__"]
