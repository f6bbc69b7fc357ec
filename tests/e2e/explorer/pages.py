"""What tests of the explorer share: places in it, what stands on the page, and the API's answers to compare it with."""

from typing import Any
from urllib.parse import urlencode

import httpx2
import numpy as np
from playwright.sync_api import Locator, Page

from tests.e2e.service import Service
from tests.support import Small

HOSTILE = "<img src=x onerror=\"document.title='hacked'\">"
IDS = ("Ada", "Alan", "Alonzo", "Barbara", "Claude", HOSTILE, "Ünal & Söhne", "a/b?c#d=e", "", "\u202etxt", "Kurt")


def small(seed: int = 0) -> Small:
    """Forty nodes, every third pair of them linked."""
    random = np.random.default_rng(seed)
    edges = np.stack(np.triu_indices(40, 1), axis=1)[::3]
    return Small(
        random.normal(0, 0.7, (40, 6)).astype(np.float32), edges, ids=(*IDS, *(f"n{i}" for i in range(40 - len(IDS))))
    )


def visit(page: Page, service: Service, **place: str) -> None:
    """Follow a deep link."""
    page.goto(f"{service.url}/#{urlencode(place)}")


def ask(service: Service, path: str, model: str = "people", **query: str | float) -> dict[str, Any]:
    """The API's answer about a model."""
    answer: dict[str, Any] = httpx2.get(f"{service.url}/v1/models/{model}/{path}".rstrip("/"), params=query).json()
    return answer


def as_shown(node: str) -> str:
    """The page's text for an id: invisible characters, and those that change the direction, are escaped."""
    return {"": '""', "\u202etxt": '"\\u202etxt"'}.get(node, node)


def heading(page: Page) -> Locator:
    """The heading of the present view."""
    return page.locator("main h1")


def names(page: Page, title: str) -> list[str]:
    """The names in the list under a heading, in order."""
    section = page.locator("section.card").filter(has=page.get_by_role("heading", name=title))
    return section.locator("tbody a").all_text_contents()


def percents(page: Page) -> list[str]:
    """The probabilities of the predicted neighbours."""
    return page.locator("section.card").filter(has_text="Likely next").locator(".number").all_text_contents()
