"""`Split`: the very links and non-links that a model was trained, selected and tested on, by their ids."""

from functools import cached_property
from typing import Self

import numpy as np

from latentlink.models.arrays import Array
from latentlink.models.checkpoint import Checkpoint, NodePairs
from latentlink.models.errors import DataError


class Split:
    """The split of a model's evaluation; each part is an array of str (m, 2), a row the ids of a source and a target.

    With relations a part is (m, 3), and the third column names the relation. In typed models the source is of the type that
    stands first among `info()["types"]`: (user, item).

    Args:
        checkpoint: the model's.

    Raises:
        DataError: the checkpoint is of vectors that were published without a split, or older than splits in checkpoints.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        if (rows := checkpoint.read_split()) is None:
            raise DataError(
                f"{checkpoint.path}: expected a checkpoint with its split, found one without; train it again, or publish its "
                "vectors with one"
            )
        self.checkpoint, self._rows = checkpoint, rows

    @property
    def rows(self) -> NodePairs:
        """The same parts by rows of nodes, int64 (m, 2) or (m, 3), by name."""
        return self._rows

    @cached_property
    def nodes(self) -> Array:
        """The id of each row of the model, str (N,)."""
        return np.array(self.checkpoint.nodes.ids(range(len(self.checkpoint.nodes))), object)

    @property
    def types(self) -> Array | None:
        """The type of each row, str (N,), in typed models; else None."""
        of = self.checkpoint.nodes.types
        return None if of is None else np.array(self.checkpoint.manifest.types, object)[of]

    @property
    def train(self) -> Array:
        """The links that the encoder saw and learned from."""
        return self.named(self.rows.train)

    @property
    def validation(self) -> Array:
        """Held-out links that selected the epoch."""
        return self.named(self.rows.validation)

    @property
    def validation_negatives(self) -> Array:
        """As many pairs that are not linked."""
        return self.named(self.rows.validation_negatives)

    @property
    def test(self) -> Array:
        """Held-out links that the metrics are of."""
        return self.named(self.rows.test)

    @property
    def test_negatives(self) -> Array:
        """As many pairs that are not linked."""
        return self.named(self.rows.test_negatives)

    def named(self, rows: Array) -> Array:
        """Pairs of rows, int64 (m, 2), or triples (m, 3), by their ids, str of the same shape."""
        named, ends, of = np.empty(rows.shape, object), rows[:, :2], self.checkpoint.nodes.types
        if of is not None:
            ends = np.take_along_axis(ends, np.argsort(of[ends], axis=1, kind="stable"), axis=1)
        named[:, :2] = self.nodes[ends]
        named[:, 2:] = np.array(self.checkpoint.manifest.relations, object)[rows[:, 2:]] if rows.shape[1] > 2 else []
        return named

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Itself, since nothing in it changes: scikit-learn copies the parameters of what it clones."""
        return self

    def __repr__(self) -> str:
        manifest, sizes = self.checkpoint.manifest, (f"{name} {len(rows):,}" for name, rows in _parts(self.rows))
        return f"Split of {manifest.name}@{manifest.version}: {', '.join(sizes)}"


def _parts(rows: NodePairs) -> list[tuple[str, Array]]:
    return [(name.replace("_", " "), part) for name, part in rows._asdict().items()]
