"""`links.safetensors`: the most likely missing links of the whole graph, found when a checkpoint was published."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Array, Int16, Int64
from latentlink.models.checkpoint.manifest import Manifest
from latentlink.models.checkpoint.verify import require, require_array

BEST_LINKS = "links.safetensors"


class BestLinks(NamedTuple):
    """m links, best first; their logits are those of the checkpoint.

    Attributes:
        sources: int64 (m,), rows.
        targets: int64 (m,), rows.
        relations: int16 (m,), the place of each relation; 0 where links have none.
    """

    sources: Int64
    targets: Int64
    relations: Int16

    def tensors(self) -> dict[str, Array]:
        """The tensors of the file."""
        return dict(self._asdict())


def verify_best_links(tensors: Mapping[str, Array], manifest: Manifest) -> None:
    """Check that links join two nodes each, by a relation of the model.

    Raises:
        CheckpointError: a tensor is not so.
        KeyError: a tensor is missing.
    """
    n, relations, count = manifest.counts.nodes, max(1, len(manifest.relations)), len(tensors["sources"])
    for name, dtype, below in (("sources", np.int64, n), ("targets", np.int64, n), ("relations", np.int16, relations)):
        what, numbers = f"{BEST_LINKS}, {name}", tensors[name]
        require_array(what, numbers, (count,), dtype)
        inside = bool(((numbers >= 0) & (numbers < below)).all())
        require(what, inside, f"numbers from 0 to {below - 1}", "others")
    apart = bool((tensors["sources"] != tensors["targets"]).all())
    require(BEST_LINKS, apart, "two nodes at the ends of each link", "one node at both")
