"""What the benchmarks of the service share: one line a claim, one file of results, one exit code."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

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


def conclude(benchmark: str, claims: Sequence[Claim], **facts: object) -> int:
    """Print the claims, write them and the facts to `results/<benchmark>.json`; the exit code: 1 if a target is missed."""
    for claim in claims:
        figures = ", ".join(f"{name} {value:,.4g}" for name, value in claim.figures.items())
        verdict = "reached" if claim.reached() else "missed"
        sign = "≤" if claim.at_most else "≥"
        print(f"{claim.number:4}{claim.what}: {claim.ratio:.3g} (target {sign} {claim.target:g}, {verdict}); {figures}")
    rows = [claim._asdict() | {"reached": claim.reached()} for claim in claims]
    RESULTS.mkdir(exist_ok=True)
    content = {"date": datetime.now(UTC).date().isoformat(), **facts, "claims": rows}
    (RESULTS / f"{benchmark}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return 0 if all(claim.reached() for claim in claims) else 1
