"""Latentlink: link prediction behind HTTP.

`Client` and `AsyncClient` call a running service; they need nothing of the service or of training.
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

    __version__: str
else:

    def __getattr__(name: str) -> object:
        """Import a name of the client on first use: the service and the command line must not load the client or its packages."""
        from importlib import import_module, metadata

        if name == "__version__":
            return metadata.version("latentlink")
        if name in __all__:
            try:
                return getattr(import_module("latentlink.client"), name)
            except ModuleNotFoundError as error:
                from latentlink.extras import how_to_install

                raise ModuleNotFoundError(how_to_install(error, "latentlink"), name=error.name) from None
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return [*__all__, "__version__"]
