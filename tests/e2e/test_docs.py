"""The interactive documentation in a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import nginx
from tests.e2e.browser import CHROMIUM, chromium, opened
from tests.e2e.service import running_service

pytestmark = [CHROMIUM.needed, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with chromium() as browser:
        yield browser


def give(page: Page, key: str) -> None:
    """Answer the page's request for a key."""
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Open").click()


def try_out(page: Page, operation: str) -> str:
    """Run an operation as its fields are filled in; the status and body that the page shows, and the URL that was asked."""
    block = page.locator(f"[id^=operations-][id$=-{operation}]:not([id^=operations-tag])")
    block.get_by_role("button").first.click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    return block.locator(".live-responses-table .response").inner_text() + block.locator(".request-url").inner_text()


def test_a_key_is_requested_as_by_the_explorer(browser: Browser, checkpoints: Path) -> None:
    """A wrong one is reported, the right one opens the page and signs its requests, and the explorer has it as well."""
    with running_service(checkpoints, LATENTLINK_API_KEYS="secret") as closed, opened(browser) as page:
        page.goto(f"{closed.url}/docs")
        expect(page.locator("h1")).to_have_text("This service requires an API key")
        give(page, "guess")
        expect(page.locator("h1")).to_have_text("The service does not know this key")
        give(page, "secret")
        assert "200" in try_out(page, "list_models")
        page.goto(
            f"{closed.url}/docs"
        )  # no reload: the address has an anchor by now, which Swagger UI finds old-fashioned
        expect(page.get_by_text("The served models", exact=True)).to_be_visible()
        page.goto(closed.url)
        expect(page.locator("h1")).to_have_text("Who will link to whom next?")
        assert "secret" not in page.url + page.context.storage_state().__repr__()


def test_required_fields_are_filled_in(browser: Browser, checkpoints: Path) -> None:
    """With the example of each parameter; optional ones stay empty, or they would be sent."""
    with running_service(checkpoints) as service, opened(browser) as page:
        page.goto(f"{service.url}/docs")
        assert try_out(page, "score").rstrip().endswith("/v1/models/default/score?source=a&target=b")
        assert try_out(page, "neighbors").startswith("200")  # whose filter Swagger UI fills in


@nginx.NGINX.needed
def test_below_a_path_of_a_proxy_pages_need_no_setting(browser: Browser, checkpoints: Path, tmp_path: Path) -> None:
    """Where nginx takes a prefix off, requests of the documentation keep it; the explorer knows problems with any prefix."""
    with running_service(checkpoints) as service, opened(browser) as page:
        servers = {name: nginx.location(service.url, tells=name == "tells") for name in ("strips", "tells")}
        with nginx.nginx(tmp_path, servers) as urls:
            page.goto(f"{urls['strips']}/ll/docs")
            shown = try_out(page, "list_models")
            assert "200" in shown
            assert f"{urls['strips']}/ll/v1/models" in shown
            for url in urls.values():
                page.goto(f"{url}/ll/#node=nobody")
                expect(page.locator("h1")).to_have_text('No node "nobody"')
