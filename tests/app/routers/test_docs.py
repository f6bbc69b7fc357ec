"""The interactive documentation, with no internet."""

import re

from tests.support import Client


def test_the_page_loads_from_this_service_alone(client: Client) -> None:
    """Every address in the page is relative, so that a proxy may mount the service anywhere, and answers."""
    addresses = re.findall(r'(?:src|href)="([^"]+)"', client.get("/docs").text)
    assert len(addresses) == 5
    for address in addresses:
        assert re.fullmatch(r"(docs/assets|static)/[\w.-]+", address)
        assert client.get(f"/{address}").status_code == 200


def test_nothing_may_run_that_is_not_of_the_service(client: Client) -> None:
    """The page has no script or style within it, and its policy allows none."""
    page = client.get("/docs")
    assert not re.search(r"<script(?![^>]*src=)|<style|\bon\w+=|style=", page.text)
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_style_sheets_load_nothing_from_elsewhere(client: Client) -> None:
    """Images and fonts of the style sheet are within it."""
    assert not re.search(r"url\((?!['\"]?data:)", client.get("/docs/assets/swagger-ui.css").text)
