"""The encoder of a model without dense columns, whose logits are made of links alone."""

from collections.abc import Iterator

import numpy as np

from latentlink.models.arrays import Ints
from latentlink.models.inference.encoders.new_nodes import NewNode, NewNodeGroup


class NoEncoder:
    """An encoder of vectors without a column: it takes no work and no features."""

    def embedding_work(self, neighbors: Ints, more: int = 0) -> int:  # noqa: ARG002
        """None."""
        return 0

    def embed_new_nodes(self, new_nodes: NewNodeGroup) -> Iterator[NewNode]:
        """Empty vectors, which lack nothing."""
        none = np.empty(0)
        return (NewNode(none, None, whole=True, met=none.astype(np.int64)) for _ in new_nodes.features)
