"""A Chromium that is on the machine already, and pages in it that must not complain."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.tools import Tool

_PATIENCE = 20_000  # milliseconds, for machines that have other work
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = Tool(
    "chromium",
    next(filter(None, map(shutil.which, _NAMES)), None),
    f"no Chromium on this machine: none of {', '.join(_NAMES)} is on the PATH",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, for as long as a block lasts.

    Raises:
        FileNotFoundError: as `Tool.require`.
    """
    program = CHROMIUM.require()
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        # Containers run as root and without user namespaces, where Chromium's own sandbox can't work.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page without a memory of others; fails if a script failed in it or the policy of the page had to forbid something."""
    complaints: list[str] = []
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(_PATIENCE)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if _is_complaint(line.type, line.text) else None)
    yield page
    context.close()
    assert complaints == []


def _is_complaint(kind: str, text: str) -> bool:
    """A question that was answered with an error is no fault of the page; Chromium says so of each."""
    return kind in ("error", "warning") and not text.startswith("Failed to load resource")
