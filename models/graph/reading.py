"""How a file was read, for the person who knows what it means."""

from dataclasses import dataclass

from latentlink.models.arrays import Float32


@dataclass(frozen=True)
class Reading:
    """What became of one file, or of the result of a query.

    Attributes:
        what: the file, or "--sql".
        holds: "links" or "nodes".
        form: its format, with delimiter and header where there are any.
        columns: names of columns or attributes, in the order of the file, each with what it was taken as.
        unused: names of the columns of links that were not taken.
        first: the ends of the first link; None of nodes.
    """

    what: str
    holds: str
    form: str
    columns: tuple[tuple[str, str], ...] = ()
    unused: tuple[str, ...] = ()
    first: tuple[str, str] | None = None


def weight_range(weights: Float32) -> str:
    """The least and the greatest weight, each in the fewest digits that name it in float32."""
    least, greatest = (float(str(weight)) for weight in (weights.min(), weights.max()))
    return f"{least:.10g} to {greatest:.10g}"
