"""Encode the columns of a node table as the features of a graph, with notes on ignored columns."""

from dataclasses import dataclass

import numpy as np

from latentlink.models.arrays import Float32
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.preprocessing import Preprocessing
from latentlink.models.sources.formats.tables import NodeTable
from latentlink.models.wording import listed

_IGNORED = {
    "constant": "Columns without two different values are ignored",
    "text": "Columns of text, which are neither categories nor lists, are ignored",
}


@dataclass(frozen=True)
class Encoded:
    """Features as a graph takes them.

    Attributes:
        features: (N, F), or None where no column is used.
        preprocessing: how they were made of columns, or None.
        notes: which columns are ignored, a sentence for each reason.
    """

    features: Float32 | CSR | None
    preprocessing: Preprocessing | None
    notes: tuple[str, ...] = ()

    def first_missing(self) -> tuple[int, str] | None:
        """Row and column of the first value that is missing, or None."""
        if self.preprocessing is None or not isinstance(self.features, np.ndarray):
            return None
        missing = np.isnan(self.features)
        row = int(missing.any(axis=1).argmax())
        return next(((row, column.name) for column, at in self.preprocessing.blocks() if missing[row, at].any()), None)


def encode(nodes: NodeTable) -> Encoded:
    """Fit a preprocessing to the columns and apply it; a matrix stays as it is."""
    if isinstance(nodes.features, CSR | np.ndarray):
        return Encoded(nodes.features, None)
    preprocessing = Preprocessing.fit(nodes.features)
    ignored = preprocessing.ignored
    names = {reason: [name for name, why in ignored.items() if why == reason] for reason in _IGNORED}
    notes = tuple(f"{what}: {listed(map(repr, names[reason]))}." for reason, what in _IGNORED.items() if names[reason])
    if not preprocessing.columns:
        return Encoded(None, None, notes)
    return Encoded(preprocessing.transform(nodes.features), preprocessing, notes)
