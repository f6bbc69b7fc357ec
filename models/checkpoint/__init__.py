"""Checkpoints, the pickle-free directories `<store>/<name>/<version>/`: write, verify, map and activate them.

`open_checkpoint` reads one by mmap, or copies of its files in a `Cache`, and `publish` writes one atomically; `store` lists and
activates them, and `moving` renames, installs and prunes them.
Needs numpy and safetensors only, so that the service can import it.
"""

from latentlink.models.checkpoint.checkpoint import Checkpoint
from latentlink.models.checkpoint.disk.cache import Cache
from latentlink.models.checkpoint.ids.hashing import Texts
from latentlink.models.checkpoint.ids.nodes import NodeTable, encode_nodes
from latentlink.models.checkpoint.known_graph import KnownGraph
from latentlink.models.checkpoint.manifest import FORMAT_VERSION, Manifest
from latentlink.models.checkpoint.publish import publish
from latentlink.models.checkpoint.reader import open_checkpoint
from latentlink.models.checkpoint.split import NodePairs

__all__ = [
    "FORMAT_VERSION",
    "Cache",
    "Checkpoint",
    "KnownGraph",
    "Manifest",
    "NodePairs",
    "NodeTable",
    "Texts",
    "encode_nodes",
    "open_checkpoint",
    "publish",
]
