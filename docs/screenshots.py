"""Take the explorer's pictures anew: `python -m docs.screenshots` trains the co-star model and writes docs/images."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from playwright.sync_api import Page

from tests.e2e.browser import CHROMIUM, chromium, opened
from tests.e2e.service import LATENTLINK, running_service

IMAGES = Path(__file__).parent / "images"
TRAINING = ("train", "--dataset", "movies", "--dim", "128", "--node-embeddings", "on")


class Picture(NamedTuple):
    """One file: a place in the explorer, and how it is looked at."""

    name: str
    place: dict[str, str]
    width: int
    height: int


PICTURES = (
    Picture("explorer-home", {}, 1100, 820),
    Picture("explorer", {"node": "Tom Hanks"}, 1100, 1000),
    Picture("explorer-why", {"node": "Tom Hanks", "why": "Steve Buscemi"}, 1100, 820),
    Picture("explorer-model", {"view": "model"}, 1100, 1240),
    Picture("explorer-map", {"view": "map", "node": "Tom Hanks"}, 1100, 760),
)


def main() -> None:
    """Train, serve, and look."""
    if CHROMIUM.path is None:
        sys.exit(CHROMIUM.why_not)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([LATENTLINK, *TRAINING, "--checkpoints", folder], check=True)
        with running_service(Path(folder)) as service, chromium() as browser:
            for picture in PICTURES:
                size = {"width": picture.width, "height": picture.height}
                with opened(browser, viewport=size) as page:
                    _take(page, service.url, picture)


def _take(page: Page, url: str, picture: Picture) -> None:
    page.goto(f"{url}/#{urlencode(picture.place)}")
    page.wait_for_selector("dialog[open]" if "why" in picture.place else "main canvas, main svg, main .gauge")
    page.wait_for_timeout(300)  # the canvas is drawn with the next frame
    page.screenshot(path=IMAGES / f"{picture.name}.png")


if __name__ == "__main__":
    main()
