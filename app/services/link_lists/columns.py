"""Tables of links: ids, probabilities, and what else is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from latentlink.app.services.scorer import Scorer
from latentlink.models.arrays import Array, Float64, Int64
from latentlink.models.inference.calibration import curve_of, probabilities
from latentlink.models.inference.scoring import sigmoid
from latentlink.models.inference.top_links.best import Links

BLOCK = 2**16  # links of which a table is made at once

Kind = Literal["text", "number", "integer", "flag"]
Table = Mapping[str, Sequence[Any]]
"""Columns of some links by name; a missing number is None."""


@dataclass(frozen=True)
class Columns:
    """The columns of a list of links of one model.

    Attributes:
        model: with all of its relations.
        known: whether there is a column `known`.
        degrees: whether there are columns of degrees.
    """

    model: Scorer
    known: bool = False
    degrees: bool = False

    @property
    def kinds(self) -> dict[str, Kind]:
        """What the columns hold, by name, in order."""
        kinds: dict[str, Kind] = {"source": "text", "target": "text"}
        if self.model.types is not None:
            kinds |= {"source_type": "text", "target_type": "text"}
        if self.model.relations.names:
            kinds["relation"] = "text"
        kinds |= {"probability": "number", "logit": "number"}
        if self._calibrates:
            kinds["calibrated"] = "number"
        if self.known:
            kinds["known"] = "flag"
        return kinds | ({"source_degree": "integer", "target_degree": "integer"} if self.degrees else {})

    def tables(self, links: Links) -> Iterator[Table]:
        """Tables of at most `BLOCK` links each, in order; at least one."""
        for start in range(0, max(1, len(links.logits)), BLOCK):
            yield self.table(links.take(slice(start, start + BLOCK)))

    def table(self, links: Links) -> Table:
        """The columns of m links."""
        values: dict[str, Sequence[Any]] = {
            "probability": sigmoid(links.logits).tolist(),
            "logit": links.logits.tolist(),
        }
        known = self._known(links)
        if self._calibrates:
            values["calibrated"] = [
                None if linked else value
                for linked, value in zip(known.tolist(), self._calibrated(links).tolist(), strict=True)
            ]
        if self.model.relations.names:
            values["relation"] = self.model.relations.names_of(links.relations.astype(np.int64))
        values["known"] = known.tolist()
        for end, rows in (("source", links.sources), ("target", links.targets)):
            values[end] = self.model.nodes.ids(rows.tolist())
            values[f"{end}_type"] = [] if self.model.types is None else self.model.types.names_of(rows)
            values[f"{end}_degree"] = self._degrees[rows].tolist() if self.degrees else []
        return {name: values[name] for name in self.kinds}

    @property
    def _calibrates(self) -> bool:
        return self.model.checkpoint.manifest.calibration is not None

    @cached_property
    def _degrees(self) -> Int64:
        return self.model.checkpoint.graph.degrees()

    def _calibrated(self, links: Links) -> Float64:
        calibrated = np.empty(len(links.logits))
        for place, own in self._by_relation(links):
            manifest = self.model.checkpoint.manifest
            facts = (manifest if place is None else manifest.of_relation(place)).calibration
            assert facts is not None
            calibrated[own] = probabilities(curve_of(facts), links.logits[own], facts.prior)
        return calibrated

    def _known(self, links: Links) -> Array:
        known = np.zeros(len(links.logits), np.bool_)
        if self.known:  # else none is
            for place, own in self._by_relation(links):
                graph = self.model.checkpoint.graph
                graph = graph if place is None else graph.of_relation(place)
                known[own] = graph.has_edges(links.sources[own], links.targets[own])
        return known

    def _by_relation(self, links: Links) -> Iterator[tuple[int | None, Int64]]:
        """The place of each relation, None where there is none, with the places of its links."""
        for place in np.unique(links.relations).tolist():
            yield place if self.model.relations.names else None, np.flatnonzero(links.relations == place)
