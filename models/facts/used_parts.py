"""What a logit is the sum of, in words: of a training, and of a checkpoint."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from latentlink.models.arrays import Float32
from latentlink.models.facts.published import Parts


@dataclass(frozen=True)
class UsedParts:
    """The parts of a model, and how they came to be.

    Attributes:
        parts: their columns.
        setting: the option `--parts`: auto, or names.
        weights: the parameters of the model by their public names.
    """

    parts: Parts
    setting: str | None
    weights: Mapping[str, Float32]

    @property
    def by_degree(self) -> bool:
        """Whether the bias of a node grows with its degree; else it is a constant."""
        return bool(self.parts.bias and self.weights["bias.degree"].any())

    @property
    def of_weight_0(self) -> list[str]:
        """The parts that the option names and that fitting gave the weight 0."""
        there = {**self.parts.model_dump(), "bias": self.by_degree}
        return [name for name in (self.setting or "").split(",") if name in there and not there[name]]

    @property
    def chooser(self) -> str:
        """Who chose the parts."""
        return "validation" if self.setting == "auto" else "--parts"

    def __str__(self) -> str:
        """`256 dense columns, 128 spectral columns, shared links, a constant`."""
        return ", ".join(self._used()) + "".join(self._missing())

    def _used(self) -> Iterator[str]:
        if self.parts.dense:
            yield f"{self.parts.dense:,} dense columns"
        if self.parts.spectral:
            yield f"{self.parts.spectral:,} spectral columns"
        if self.parts.shared_links:
            yield "shared links"
        if self.parts.bias:
            yield "a bias by degree" if self.by_degree else "a constant"

    def _missing(self) -> Iterator[str]:
        if not self.parts.dense:
            yield f"; {self.chooser} left out the encoder: no posterior, and features are not used"
        if self.of_weight_0:
            yield f"; fitted weight 0: {', '.join(self.of_weight_0)}"
