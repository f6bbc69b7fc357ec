"""How soon the explorer shows something (E1), and what it weighs (E2).

E1: from the request for the page, with nothing kept from before, to a drawn neighbourhood of the co-star model, everything on one
machine; the median of five rounds after a warm-up. E2: bytes of the page's own files. Fails if a round asks another host. Needs
Chromium.

    python -m benchmarks.explorer
"""

import statistics
import subprocess
import sys
import tempfile
import time
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser

from benchmarks._results import Claim, conclude, parser_of
from tests.e2e.browser import CHROMIUM, chromium, opened
from tests.e2e.service import LATENTLINK, running_service

ROUNDS = 5
TRAINING = ("train", "--dataset", "movies", "--dim", "128", "--node-embeddings", "on")


def main() -> int:
    """Measure, print a line a claim, keep the result; the exit code."""
    quick = parser_of(__doc__, quick="train for a few epochs").parse_args().quick
    epochs = ("--epochs", "20") if quick else ()
    if CHROMIUM.path is None:
        print(CHROMIUM.why_not)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([LATENTLINK, *TRAINING, *epochs, "--checkpoints", folder], check=True)
        with running_service(Path(folder)) as service, chromium() as browser:
            rounds = [_first_load(browser, service.url) for _ in range(ROUNDS + 1)][1:]
    claims = [
        Claim("E1", "s to a drawn neighbourhood", statistics.median(rounds), 1.0, True, {"slowest": max(rounds)}),
        Claim("E2", "kB of own code", _size() / 1000, 75.0, True, {}),
    ]
    return conclude("explorer", claims, quick=quick)


def _first_load(browser: Browser, url: str) -> float:
    """Seconds; in a context of its own, so that nothing is kept.

    Raises:
        RuntimeError: another host was asked.
    """
    hosts: set[str] = set()
    with opened(browser) as page:
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        started = time.perf_counter()
        page.goto(f"{url}/#node=Tom+Hanks", wait_until="commit")
        page.wait_for_selector("figure svg")
        seconds = time.perf_counter() - started
    if hosts != {urlsplit(url).netloc}:
        raise RuntimeError(f"hosts that the page asks: expected the service alone, found {', '.join(sorted(hosts))}")
    return seconds


def _size() -> int:
    others = ("__init__.py", "docs.html", "docs.js")  # the last two are of /docs
    sent = (file for file in files("latentlink.app.explorer").iterdir() if file.is_file() and file.name not in others)
    return sum(len(file.read_bytes()) for file in sent)


if __name__ == "__main__":
    sys.exit(main())
