"""What the benchmarks share: options, ratios, one line a claim, one file of results, one exit code."""

import json
import platform
import re
import statistics
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from latentlink.models.host import available_cpus

RESULTS = Path(__file__).parent / "results"


class Claim(NamedTuple):
    """A ratio that was measured, and what it should be: at least `target`, or with `at_most` no more than it."""

    number: str
    what: str
    ratio: float
    target: float
    at_most: bool
    figures: dict[str, float]

    def reached(self) -> bool:
        """Whether the target is reached."""
        return self.ratio <= self.target if self.at_most else self.ratio >= self.target


def parser_of(description: str | None, *, quick: str) -> ArgumentParser:
    """The options of a benchmark: `--quick`, which `quick` describes."""
    parser = ArgumentParser(description=description, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=quick)
    return parser


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios of rounds that were measured in turns."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def mean_and_error(differences: Sequence[float]) -> tuple[float, float]:
    """The mean of differences over seeds, and its standard error; 0 for a single seed."""
    spread = statistics.stdev(differences) if len(differences) > 1 else 0.0
    return statistics.fmean(differences), spread / len(differences) ** 0.5


def conclude(benchmark: str, claims: Sequence[Claim], *, quick: bool, **facts: object) -> int:
    """Print the claims, keep them and the facts; the exit code: 1 if a target is missed."""
    for claim in claims:
        figures = ", ".join(f"{name} {value:,.4g}" for name, value in claim.figures.items())
        verdict = "reached" if claim.reached() else "missed"
        sign = "≤" if claim.at_most else "≥"
        print(f"{claim.number:4}{claim.what}: {claim.ratio:.3g} (target {sign} {claim.target:g}, {verdict}); {figures}")
    rows = [claim._asdict() | {"reached": claim.reached()} for claim in claims]
    keep(benchmark, quick=quick, **facts, claims=rows)
    return 0 if all(claim.reached() for claim in claims) else 1


def keep(benchmark: str, *, quick: bool, **facts: object) -> None:
    """Write facts to the benchmark's file, with the date and the machine."""
    content = {"date": today(), "machine": machine(), **facts}
    result_file(benchmark, quick=quick).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def result_file(benchmark: str, *, quick: bool) -> Path:
    """Where a benchmark keeps its results: those of a quick run apart, where git ignores them, so that they replace none."""
    folder = RESULTS / "quick" if quick else RESULTS
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{benchmark}.json"


def today() -> str:
    """The date, in UTC."""
    return datetime.now(UTC).date().isoformat()


def machine() -> str:
    """What a figure depends on: processor, CPUs, operating system, Python."""
    cpus = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.*)$", cpus.read_text("utf-8") if cpus.exists() else "", re.MULTILINE)
    processor = found[1] if found else platform.processor() or platform.machine()
    return f"{processor}, {available_cpus()} CPUs, {platform.system()}, Python {platform.python_version()}"
