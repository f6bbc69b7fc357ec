"""The columns of a new node beside those of an encoder: spectral columns by its links, and the bias of its degree."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64, Ints
from latentlink.models.facts.published import Parts


class Spectral(NamedTuple):
    """Columns of eigenvectors of L = M (A + loops I) M, M = (D + shift + loops)^(-1/2), with an unweighted A.

    Attributes:
        z: float32 (N, D₂), the columns of the known nodes.
        scale: float32 (D₂,), 1 / λ of each.
        shift: at least 0.
        loops: 0 or 1, the weight of self-loops.
    """

    z: Float32
    scale: Float32
    shift: float
    loops: float


class Bias(NamedTuple):
    """Two columns whose weighted products sum to b_i + b_j, with b = degree · log(1 + d) + constant of a node with d links."""

    degree: float
    constant: float


@dataclass(frozen=True)
class LinkColumns:
    """The columns that follow from the links of a node.

    New nodes that are linked to each other count in degrees alone: a spectral column is the sum over known nodes.

    Attributes:
        indptr: int64 (N+1,), where each known node's neighbours start.
        spectral: the spectral columns, or None.
        bias: the bias, or None.
    """

    indptr: Ints
    spectral: Spectral | None = None
    bias: Bias | None = None

    @classmethod
    def of(cls, parts: Parts | None, weights: Mapping[str, Float32], z: Float32, indptr: Ints) -> Self:
        """Those of a model, by its weights under their public names and the columns z, float32 (N, D), of its nodes.

        Raises:
            KeyError: a weight is missing.
        """
        spectral = bias = None
        if parts is not None and parts.spectral:
            shift, loops = (float(weights[f"spectral.{name}"][0]) for name in ("shift", "loops"))
            columns = z[:, parts.dense : parts.dense + parts.spectral]
            spectral = Spectral(columns, weights["spectral.scale"], shift, loops)
        if parts is not None and parts.bias:
            bias = Bias(float(weights["bias.degree"][0]), float(weights["bias.constant"][0]))
        return cls(indptr, spectral, bias)

    def of_new_node(self, linked: Int64, degree: int) -> Float64:
        """Spectral and bias columns of a new node, float64 (D₂ + 2,), fewer without such a part.

        Args:
            linked: int64 (m,), distinct known nodes that it is linked to.
            degree: number of its links, those to other new nodes included.
        """
        parts = [np.empty(0)]
        if self.spectral is not None:
            parts.append(self._extended(self.spectral, linked, degree))
        if self.bias is not None:
            bias = self.bias.degree * np.log1p(degree) + self.bias.constant
            parts.append(np.array([bias + 1, bias - 1]) / np.sqrt(2))
        return np.concatenate(parts)

    def _extended(self, spectral: Spectral, linked: Int64, degree: int) -> Float64:
        """scale ∘ Σ_j L_j z_j over known nodes j (Nyström; Bengio et al. 2004), of degrees that count the new links."""
        more = spectral.shift + spectral.loops
        degrees = self.indptr[linked + 1] - self.indptr[linked] + 1
        coefficients = 1 / np.sqrt((degree + more) * (degrees + more))
        return np.asarray(spectral.scale * (coefficients @ spectral.z[linked].astype(np.float64)))
