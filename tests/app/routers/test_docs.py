"""The interactive documentation, with no internet."""

import re

from tests.support import Client


def test_the_page_loads_from_this_service_alone(client: Client) -> None:
    """Every address in the page is a path of the service, and every one answers."""
    page = client.get("/docs").text
    assert "//" not in re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL)
    addresses = [*re.findall(r'(?:src|href)="([^"]+)"', page), *re.findall(r"url: '([^']+)'", page)]
    assert "/openapi.json" in addresses
    assert len(addresses) == 4
    for address in addresses:
        assert client.get(address).status_code == 200


def test_style_sheets_load_nothing_from_elsewhere(client: Client) -> None:
    """Images and fonts of the style sheet are within it."""
    assert not re.search(r"url\((?!['\"]?data:)", client.get("/docs/assets/swagger-ui.css").text)


def test_behind_a_proxy_the_page_keeps_its_prefix(client: Client) -> None:
    """Mounted under a path, the page asks for its assets under that path."""
    page = Client(client.app, root_path="/graph").get("/graph/docs").text
    assert set(re.findall(r'(?:src|href)="(/[^/]+)', page)) == {"/graph"}
