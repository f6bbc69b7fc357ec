"""Encode the columns of a node table as the features of a graph, with notes on ignored columns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from latentlink.models.arrays import Float32
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.preprocessing import Preprocessing, Reason
from latentlink.models.sources.formats.names import is_label
from latentlink.models.sources.formats.tables import NodeTable
from latentlink.models.wording import listed_names, shortened

_IGNORED: dict[Reason, str] = {
    "constant": "Columns without two different values are ignored",
    "text": "Columns of text, which are neither categories nor lists, are ignored",
    "distinct": "Columns in which every value is different are ignored",
}


@dataclass(frozen=True)
class Encoded:
    """Features as a graph takes them.

    Attributes:
        features: (N, F), or None where no column is used.
        preprocessing: how they were made of columns, or None.
        notes: which columns are ignored, a sentence for each reason.
        ignored: the reason for each of them.
    """

    features: Float32 | CSR | None
    preprocessing: Preprocessing | None
    notes: tuple[str, ...] = ()
    ignored: Mapping[str, Reason] = field(default_factory=dict)

    def first_missing(self) -> tuple[int, str] | None:
        """Row and column of the first value that is missing, or None."""
        if self.preprocessing is None or not isinstance(self.features, np.ndarray):
            return None
        missing = np.isnan(self.features)
        row = int(missing.any(axis=1).argmax())
        return next(((row, column.name) for column, at in self.preprocessing.blocks() if missing[row, at].any()), None)


def without_features(encoded: Encoded) -> Encoded:
    """Of links with relations, whose model learns from links alone; a note says so where there were any.

    The preprocessing stays, for the report on the table.
    """
    if encoded.features is None:
        return encoded
    note = "The features are not used: a model of links with relations learns from links alone."
    return Encoded(None, encoded.preprocessing, (*encoded.notes, note), encoded.ignored)


def encode(nodes: NodeTable) -> Encoded:
    """Fit a preprocessing to the columns and apply it; a matrix stays as it is."""
    if isinstance(nodes.features, CSR | np.ndarray):
        return Encoded(nodes.features, None)
    preprocessing = Preprocessing.fit(nodes.features, nodes.left_out)
    ignored = preprocessing.ignored
    notes = tuple(_notes(ignored))
    if not preprocessing.columns:
        return Encoded(None, None, notes, ignored)
    return Encoded(preprocessing.transform(nodes.features), preprocessing, notes, ignored)


def _notes(ignored: Mapping[str, Reason]) -> Iterator[str]:
    """A sentence for each reason that the readers say nothing about."""
    for reason, what in _IGNORED.items():
        names = [name for name, why in ignored.items() if why == reason]
        called = next((name for name in names if reason == "distinct" and is_label(name)), None)
        way = (
            f"; to call nodes by {shortened(called)!r}, write it in place of the ids, at the ends of links as well"
            if called
            else ""
        )
        if names:
            yield f"{what}: {listed_names(names)}{way}."
