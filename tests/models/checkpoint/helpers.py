"""A small checkpoint made without training."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from latentlink.models.checkpoint import encode_nodes, publish
from latentlink.models.checkpoint.disk.files import digest_file
from latentlink.models.checkpoint.publish import write_file, write_manifest
from latentlink.models.facts.published import ModelFacts
from latentlink.models.graph.graph import adjacency

IDS = ["b", "a", "ä", "", "a b", "日本", "a\n"]
EDGES = np.array([[0, 1], [1, 2], [5, 6]])
MU = np.arange(14, dtype=np.float32).reshape(7, 2)


def facts(**changes: object) -> ModelFacts:
    """The facts of the tensors below."""
    return ModelFacts.model_validate(document(**changes))


def document(**changes: object) -> dict[str, Any]:
    """The same as JSON has them, whether they are sound or not."""
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
        "weights.safetensors": {"gcn.mu.weight": np.ones((2, 2), np.float32)},
        "MODEL_CARD.md": "# small\n",
    }


def publish_small(store: Path, name: str = "small") -> Path:
    """Publish it and return its directory."""
    return publish(store, name, facts(), files())


def forge(home: Path, changed: Mapping[str, Mapping[str, Any]], **changes: object) -> Path:
    """The small checkpoint with other files and facts and right digests, as `publish` would refuse to write it."""
    path = home / "20260102T030405000000Z"
    path.mkdir(parents=True)
    contents = {**files(), **changed}
    for file, content in contents.items():
        write_file(path / file, content)
    own = {
        "format_version": 2 if any(map(changes.get, ("parts", "directed", "types"))) else 1,
        "name": "small",
        "version": path.name,
        "created_at": "2026-01-02T03:04:05Z",
    }
    entries = {file: digest_file(path / file).model_dump() for file in contents}
    write_manifest(path, {**own, **document(**changes), "files": entries})
    return path


def forge_changed(
    home: Path, contents: Mapping[str, Mapping[str, Any]], changed: Mapping[str, Mapping[str, Any]], **changes: Any
) -> Path:
    """A checkpoint of these contents, with some tensors changed; one that is None is left out."""
    whole = {**files(), **contents}
    for file, tensors in changed.items():
        before = whole[f"{file}.safetensors"]
        assert not isinstance(before, str)
        merged = {**before, **tensors}
        whole[f"{file}.safetensors"] = {name: tensor for name, tensor in merged.items() if tensor is not None}
    return forge(home, {name: tensors for name, tensors in whole.items() if not isinstance(tensors, str)}, **changes)


def edit_manifest(path: Path, edit: Callable[[dict[str, Any]], object]) -> Path:
    """Change the manifest and its digest, as an attacker or a newer version would; the version's directory."""
    manifest = json.loads((path / "manifest.json").read_bytes())
    edit(manifest)
    content = json.dumps(manifest).encode()
    (path / "manifest.json").write_bytes(content)
    (path / "manifest.sha256").write_text(hashlib.sha256(content).hexdigest())
    return path


def replace_file(path: Path, file: str, content: bytes) -> Path:
    """Replace a file and its digest; the version's directory."""
    (path / file).write_bytes(content)
    return edit_manifest(path, lambda m: m["files"].update({file: digest_file(path / file).model_dump()}))
