"""A small checkpoint made without training."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models.checkpoint import encode_nodes, publish
from models.graph import adjacency

IDS = ["b", "a", "ä", "", "a b", "日本", "a\n"]
EDGES = np.array([[0, 1], [1, 2], [5, 6]])
MU = np.arange(14, dtype=np.float32).reshape(7, 2)


def facts(**changes: object) -> dict[str, Any]:
    """A manifest's facts for the tensors below."""
    return {
        "model": "gae",
        "encoder": "gcn",
        "config": {},
        "seed": 0,
        "software": {},
        "counts": {"nodes": 7, "edges": 3, "features": 0, "dim": 2},
        "data_fingerprint": "0" * 64,
        "metrics": {"validation": {"auc": 0.9, "ap": 0.8}, "test": {"auc": 0.7, "ap": 0.6}},
        **changes,
    }


def files() -> dict[str, Mapping[str, Any] | str]:
    """The files of a whole checkpoint."""
    known = adjacency(7, EDGES)
    return {
        "embeddings.safetensors": {"mu": MU},
        "graph.safetensors": {"indptr": known.indptr, "indices": known.indices.astype(np.int32)},
        "nodes.safetensors": encode_nodes(IDS),
        "weights.safetensors": {"gcn.hidden.weight": np.ones((2, 2), np.float32)},
        "MODEL_CARD.md": "# small\n",
    }


def publish_small(store: Path, name: str = "small") -> Path:
    """Publish it and return its directory."""
    return publish(store, name, facts(), files())
