"""The charts of the model card as plain SVG, without a plotting library; equal numbers give equal bytes."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from latentlink.models.arrays import Float64
from latentlink.models.facts.probabilities import ReliabilityCurves
from latentlink.models.inference.scoring import sigmoid

if TYPE_CHECKING:
    from latentlink.models.training.fit import Epoch

BLUE, ORANGE, GREY = "#1f6feb", "#d9730d", "#57606a"
WIDTH, LEFT, RIGHT, TOP, HEIGHT = 640, 60, 620, 40, 150  # of the picture, and of the frame of one panel
BINS = 40
_LABELS = {"auc": "AUC", "ap": "AP", "direction": "direction", "mrr": "MRR", "loss": "loss"}


def curve_svg(curve: Sequence["Epoch"], selected: int) -> str:
    """Loss (above) and validation scores (below) by epoch, finite values only, with a line at the `selected` epoch."""
    last = max(curve[-1].number, 2)
    looks = [(epoch.number, epoch.validation) for epoch in curve if epoch.validation]
    loss = _finite((epoch.number, epoch.loss) for epoch in curve)
    lower = TOP + HEIGHT + 60
    scores = {name: _finite((number, look[name]) for number, look in looks) for name in looks[0][1]}
    colours = dict(zip(scores, (BLUE, ORANGE, GREY), strict=False))
    bounds = _range([point for points in scores.values() for point in points])
    legend = [(f"validation {_LABELS[name]}", colour) for name, colour in colours.items()]
    return _svg(
        lower + HEIGHT + 40,
        [
            *_frame(TOP, "epoch", (1, last), _range(loss), [("loss", BLUE)]),
            _line(TOP, (1, last), _range(loss), loss, BLUE),
            *_frame(lower, "epoch", (1, last), bounds, legend),
            *(_line(lower, (1, last), bounds, scores[name], colour) for name, colour in colours.items()),
            _marker(TOP, TOP + 16, _at(selected, 1, last), f"epoch {selected}"),  # where a falling line isn't
            _marker(lower, lower + HEIGHT - 6, _at(selected, 1, last), f"epoch {selected}"),  # and a rising one
        ],
    )


def scores_svg(positive: Float64, negative: Float64) -> str:
    """Histograms of the probabilities of test edges and non-edges, in bins of 1/40.

    Args:
        positive: logits (p,) of the edges.
        negative: logits (n,) of the non-edges.
    """
    edges, non_edges = (np.histogram(sigmoid(x), BINS, (0, 1))[0] for x in (positive, negative))
    top = int(max(edges.max(), non_edges.max()))
    legend = [(f"{len(positive):,} edges", BLUE), (f"{len(negative):,} non-edges", ORANGE)]
    bars = [*_bars(non_edges, top, ORANGE), *_bars(edges, top, BLUE)]
    return _svg(TOP + HEIGHT + 40, [*_frame(TOP, "probability", (0, 1), (0, top), legend), *bars])


def reliability_svg(curves: ReliabilityCurves) -> str:
    """Observed shares of edges by predicted probability, raw and calibrated, beside the diagonal of a perfect calibration."""
    unit = (0, 1)
    raw, calibrated = (list(zip(one.predicted, one.observed, strict=True)) for one in (curves.before, curves.after))
    return _svg(
        TOP + HEIGHT + 40,
        [
            *_frame(TOP, "predicted", unit, unit, [("σ(logit)", ORANGE), ("calibrated", BLUE), ("perfect", GREY)]),
            _line(TOP, unit, unit, [(0, 0), (1, 1)], GREY),
            _line(TOP, unit, unit, raw, ORANGE),
            _line(TOP, unit, unit, calibrated, BLUE),
        ],
    )


def _finite(points: Iterable[tuple[int, float]]) -> list[tuple[int, float]]:
    return [(number, value) for number, value in points if isfinite(value)]


def _range(points: Iterable[tuple[int, float]]) -> tuple[float, float]:
    """The least and the greatest value; equal ones are moved apart by a margin above the float precision."""
    values = [value for _, value in points]
    low, high = min(values), max(values)
    margin = max(0.5, abs(low) / 1000)
    return (low, high) if high > low else (low - margin, high + margin)


def _at(x: float, low: float, high: float) -> float:
    return LEFT + (RIGHT - LEFT) * (x - low) / (high - low)


def _line(
    top: int, x: tuple[int, int], y: tuple[float, float], points: Sequence[tuple[float, float]], colour: str
) -> str:
    places = (f"{_at(a, *x):.1f},{top + HEIGHT * (y[1] - b) / (y[1] - y[0]):.1f}" for a, b in points)
    return f'<polyline points="{" ".join(places)}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _bars(counts: Iterable[int], top: int, colour: str) -> Iterable[str]:
    lefts = [_at(edge, 0, BINS) for edge in range(BINS + 1)]
    for (left, right), count in zip(pairwise(lefts), counts, strict=True):
        height = HEIGHT * int(count) / top
        yield (
            f'<rect x="{left:.1f}" y="{TOP + HEIGHT - height:.1f}" width="{right - left:.1f}" height="{height:.1f}" '
            f'fill="{colour}" fill-opacity="0.55"><title>{count}</title></rect>'
        )


def _marker(top: int, text_y: int, x: float, text: str) -> str:
    line = f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{top + HEIGHT}" stroke="{GREY}" stroke-dasharray="4"/>'
    label = _text(x + (4 if x < WIDTH / 2 else -4), text_y, text, GREY, "start" if x < WIDTH / 2 else "end")
    return line + label


def _frame(
    top: int, across: str, x: tuple[int, int], y: tuple[float, float], legend: list[tuple[str, str]]
) -> Iterable[str]:
    """The box of a panel with its least and greatest values, and its legend above."""
    yield f'<rect x="{LEFT}" y="{top}" width="{RIGHT - LEFT}" height="{HEIGHT}" fill="none" stroke="#d0d7de"/>'
    for text, place, anchor in (
        (f"{x[0]}", LEFT, "start"),
        (across, (LEFT + RIGHT) // 2, "middle"),
        (f"{x[1]}", RIGHT, "end"),
    ):
        yield _text(place, top + HEIGHT + 16, text, GREY, anchor)
    for value, height in ((y[0], HEIGHT), (y[1], 10)):
        yield _text(LEFT - 6, top + height, f"{value:.4g}", GREY, "end")
    for position, (text, colour) in enumerate(legend):
        yield _text(LEFT + 140 * position, top - 8, text, colour, "start")


def _text(x: float, y: float, text: str, colour: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y}" fill="{colour}" text-anchor="{anchor}">{text}</text>'


def _svg(height: int, parts: Iterable[str]) -> str:
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">'
    return "\n".join([opening, f'<rect width="{WIDTH}" height="{height}" fill="white"/>', *parts, "</svg>\n"])
