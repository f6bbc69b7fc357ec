"""The choice of parts on validation: a family of few compositions, each fitted in a fraction of a second.

The encoder's fits are not repeated: a part is switched on beside a trained encoder.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress, product
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Bool, Float32, Float64
from latentlink.models.config import PARTS, REVERSED
from latentlink.models.errors import DataError
from latentlink.models.evaluation.splits import Split
from latentlink.models.graph.graph import Graph, adjacency
from latentlink.models.training.parts.composition import Composition
from latentlink.models.training.parts.measuring import Validation
from latentlink.models.training.parts.spectrum import Kind, Spectrum, kinds_for, rank_of, spectrum
from latentlink.models.training.parts.terms import DegreeTerm, DenseTerm, SharedTerm, SpectralTerm, Term
from latentlink.models.training.parts.weighting import fit_scale, fit_weights

_WORTH = 0.005  # mean of the metrics by which leaving out the encoder, and with it the posterior, must be better
_RANKING, _FINALISTS = 0.8, 3  # share of the ranking in the loss of a second fit, of so many compositions

Column = tuple[str, int | Kind | None]
"""A part and, where there are several of it, which: the number of the encoder's fit, or the kind of the spectrum."""
Columns = tuple[Column, ...]


class Choice(NamedTuple):
    """What validation chose.

    Attributes:
        fit: the number of the encoder's fit, or None where the encoder is left out.
        composition: the parts and their weights.
        spectrum: of the training edges, or None without spectral columns.
        without: the compositions without one of the parts each, by its name, that tell what it adds.
    """

    fit: int | None
    composition: Composition
    spectrum: Spectrum | None
    without: dict[str, Composition]


@dataclass(frozen=True)
class Selector:
    """Chooses among compositions of the encoder's fits.

    Attributes:
        graph: N nodes, all edges.
        split: of these edges.
        fits: embeddings of each fit of the encoder on the training edges, float32 (N, D).
        parts: names of `PARTS` that are used.
        optional: whether each of them may be left out.
        reversed_negatives: as in `Validation`.
    """

    graph: Graph
    split: Split
    fits: Sequence[Float32]
    parts: Sequence[str] = PARTS
    optional: bool = True
    reversed_negatives: float = REVERSED
    _weights: dict[tuple[Columns, float], Float64] = field(default_factory=dict, init=False)

    def choose(self) -> Choice:
        """The composition with the best mean of AUC, AP, MRR and Hits@10 on validation, and of the AUC of directions.

        In a bipartite graph, of users and items, people ask for lists: all weights are fitted with the ranking in the loss.
        """
        family = [(one, _RANKING if self.graph.bipartite else 0.0) for one in self._family()]
        metrics = self._metrics(family)
        fits = (best_fit([one for one, _ in family], metrics, compared=2 + self._validation.directed), None)
        kept = [at for at, (one, _) in enumerate(family) if _fit_of(one) in fits]
        family, quality = [family[at] for at in kept], metrics[kept].mean(axis=1)
        finalists = [(family[at][0], _RANKING) for at in np.argsort(-quality, kind="stable")[:_FINALISTS]]
        family, quality = family + finalists, np.append(quality, self._metrics(finalists).mean(axis=1))
        columns, ranking = family[_best(family, quality)]
        weights = self._fitted(columns, ranking)
        counts = [not self.optional or weights[self._mask([column])].any() for column in columns]
        chosen = tuple(compress(columns, counts))
        without = {part: self._composition(rest, ranking) for part, rest in _smaller(chosen).items()}
        found = next((self._spectra[column] for column in chosen if column in self._spectra), None)
        return Choice(_fit_of(chosen), self._composition(chosen, ranking), found, without)

    def _metrics(self, family: Sequence[tuple[Columns, float]]) -> Float64:
        return self._validation.metrics(np.array([self._fitted(*one) for one in family]))

    def _family(self) -> Iterator[Columns]:
        """The sets of parts to choose from; simpler ones first, which win where others are no better."""
        options: dict[str, list[Column | None]] = {
            "bias": [("bias", None)],
            "spectral": list(self._spectra),
            "shared_links": [("shared_links", None)] if self.graph.ends_share_links else [],
            "dense": [("dense", at) for at in range(len(self.fits))],
        }
        used: list[list[Column | None]] = []
        for part, columns in options.items():
            absent = part not in self.parts or not columns
            optional = self.optional and part not in self._kept
            used.append([None] if absent else [None, *columns] if optional else columns)
        for some in product(*used):
            chosen = tuple(column for column in some if column is not None)
            if {part for part, _ in chosen} & {"dense", "spectral"} or not self.optional:
                yield chosen

    @property
    def _kept(self) -> tuple[str, ...]:
        """Parts of every composition: shared links, whose weights are 0 where they say nothing; the encoder reads features."""
        return ("shared_links",) if self.graph.features is None else ("shared_links", "dense")

    @cached_property
    def _spectra(self) -> dict[Column, Spectrum]:
        if "spectral" not in self.parts:
            return {}
        n, edges = self.graph.n_nodes, self.graph.edges[self.split.train]
        rank = rank_of(self.graph)  # of all edges: the refit has as many
        bipartite = not self.graph.ends_share_links
        kinds = kinds_for(bipartite=bipartite)
        each = ((kind, spectrum(n, edges, kind, rank, bipartite=bipartite)) for kind in kinds)
        found: dict[Column, Spectrum] = {("spectral", kind): one for kind, one in each if one is not None}
        if not (self.optional or found):
            raise DataError(
                f"--parts: expected a graph with room for spectral columns, found {n:,} nodes and {self.graph.n_edges:,} edges, "
                "too few or too many to search; leave spectral out"
            )
        return found

    @cached_property
    def _terms(self) -> dict[Column, Term]:
        known = adjacency(self.graph.n_nodes, self.graph.edges[self.split.train])
        return {
            **{("dense", at): DenseTerm(z) for at, z in enumerate(self.fits)},
            **({("shared_links", None): SharedTerm(known)} if self.graph.ends_share_links else {}),
            **{column: SpectralTerm(found) for column, found in self._spectra.items()},
            ("bias", None): DegreeTerm(np.diff(known.indptr)),
        }

    @cached_property
    def _validation(self) -> Validation:
        return Validation(self.graph, self.split, list(self._terms.values()), self.reversed_negatives)

    def _mask(self, columns: Sequence[Column]) -> Bool:
        """Which of the K numbers of a pair are of these columns, bool (K,)."""
        return np.concatenate([np.full(term.width, column in columns) for column, term in self._terms.items()])

    def _fitted(self, columns: Columns, ranking: float) -> Float64:
        """The weights of the K numbers of a pair, 0 for other columns: float64 (K,)."""
        if (columns, ranking) in self._weights:
            return self._weights[columns, ranking]
        used, start = self._mask(columns), np.zeros(len(self._mask(())))
        start[self._mask([column for column in self._terms if column[0] == "dense"])] = 1
        least = np.concatenate([term.least for term in self._terms.values()])
        guess = self._fitted(columns, 0.0)[used] if ranking else None
        weights = np.zeros(len(used))
        weights[used] = fit_weights(self._validation.measured.only(used), start[used], least[used], ranking, guess)
        self._weights[columns, ranking] = weights
        return weights

    def _composition(self, columns: Columns, ranking: float) -> Composition:
        """Fitted, and scaled so that σ of a logit is the share of links where half of the pairs are."""
        weights, measured = self._fitted(columns, ranking), self._validation.measured
        of = {part: weights[self._mask([(part, which)])] for part, which in columns}
        kind = next((which for part, which in columns if part == "spectral"), None)
        plain = Composition(
            dense=float(of["dense"][0]) if "dense" in of else 0.0,
            shared=tuple(of.get("shared_links", np.zeros(3)).tolist()),
            kind=kind if isinstance(kind, Kind) else None,
            spectral=tuple(of.get("spectral", np.zeros(0)).tolist()),
            degree=float(of["bias"][0]) if "bias" in of else 0.0,
        )
        return plain.scaled(*fit_scale(measured.links @ weights, measured.others @ weights, plain.heaviest))


def best_fit(family: Sequence[Columns], metrics: Float64, compared: int = 2) -> int | None:
    """The encoder's fit whose composition of the best mean has the best AUC and AP; None without any.

    A few hundred links tell two encoders apart by these; by their ranking, compositions of the same one.

    Args:
        family: the compositions.
        metrics: float64 (c, m) of each; AUC and AP are the first two.
        compared: how many of the first ones tell encoders apart: with the AUC of directions three.
    """
    best: dict[int, int] = {}
    for at, columns in enumerate(family):
        fit = _fit_of(columns)
        if fit is not None and (fit not in best or metrics[at].mean() > metrics[best[fit]].mean()):
            best[fit] = at
    return max(best, key=lambda fit: metrics[best[fit], :compared].mean(), default=None)


def _best(family: Sequence[tuple[Columns, float]], quality: Float64) -> int:
    """The place of the best composition; the encoder, and its posterior, is left out only where that is clearly better."""
    best = max(range(len(family)), key=quality.__getitem__)
    dense = [at for at, (one, _) in enumerate(family) if _fit_of(one) is not None]
    if not dense:
        return best
    kept = max(dense, key=quality.__getitem__)
    return best if quality[best] > quality[kept] + _WORTH else kept


def _fit_of(columns: Columns) -> int | None:
    """The number of the encoder's fit, or None without one."""
    return next((which for part, which in columns if part == "dense" and isinstance(which, int)), None)


def _smaller(columns: Columns) -> dict[str, Columns]:
    """The columns without one part each, by its name; nothing is left of a single part."""
    rest = {part: tuple(column for column in columns if column[0] != part) for part, _ in columns}
    return {part: some for part, some in rest.items() if some}
