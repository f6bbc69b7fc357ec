"""The service below a path of a proxy, which is a real nginx."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from tests.docs.pages import DOCS, blocks
from tests.e2e.nginx import DEMANDED, NGINX, WHY_NOT, nginx
from tests.e2e.service import running_service
from tests.support import Small

pytestmark = pytest.mark.skipif(NGINX is None and not DEMANDED, reason=WHY_NOT)

HEADER = "proxy_set_header X-Forwarded-Prefix /ll;"
[DOCUMENTED] = [block.text for block in blocks(DOCS / "how-to/serve-behind-a-proxy.md") if block.info == "nginx"]
PROXIES = {
    "strips": "location /ll/ { proxy_pass PLAIN/; }",
    "strips, sends the header": DOCUMENTED.replace("http://127.0.0.1:8000", "PLAIN"),
    "strips, the setting": "location /ll/ { proxy_pass TOLD/; }",
    "keeps, sends the header": f"location /ll/ {{ proxy_pass PLAIN; {HEADER} }}",
    "keeps, the setting": "location /ll/ { proxy_pass TOLD; }",
}
"""Whether nginx takes /ll off the path, and how the service learns of it: PLAIN has no setting, TOLD has one."""


@pytest.fixture(scope="module")
def urls(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where the service is, by the way of the proxy."""
    store, folder = tmp_path_factory.mktemp("store"), tmp_path_factory.mktemp("nginx")
    small.publish(store)
    with running_service(store) as plain, running_service(store, LATENTLINK_ROOT_PATH="/ll") as told:
        servers = {name: lines.replace("PLAIN", plain.url).replace("TOLD", told.url) for name, lines in PROXIES.items()}
        with nginx(folder, servers) as urls:
            yield {name: f"{url}/ll" for name, url in urls.items()}


@pytest.fixture(params=PROXIES)
def url(request: pytest.FixtureRequest, urls: dict[str, str]) -> str:
    """Each of them."""
    return urls[request.param]


@pytest.fixture(params=[way for way in PROXIES if way != "strips"])
def known(request: pytest.FixtureRequest, urls: dict[str, str]) -> str:
    """Each that lets the service know its prefix."""
    return urls[request.param]


def get(url: str) -> Any:
    """The JSON of an answer, whatever its status."""
    return httpx.get(url).json()


@pytest.mark.parametrize("page", ["/", "/docs"])
def test_a_page_finds_what_it_loads(url: str, page: str) -> None:
    """Every address in the page, and in its headers, answers through the proxy, which needs to tell nothing."""
    response = httpx.get(f"{url}{page}")
    text = response.text + response.headers.get("link", "")
    addresses = re.findall(r'(?:src|href)="([^"#]+)"|<([^<>]+)>; rel=modulepreload', text)
    found = {urljoin(str(response.url), max(pair)) for pair in addresses}
    assert len(found) > 2
    assert {address: httpx.get(address).status_code for address in found} == dict.fromkeys(found, 200)


def test_the_api_answers(url: str) -> None:
    """Below the prefix stand the routes."""
    assert [model["name"] for model in get(f"{url}/v1/models")["models"]] == ["small"]


def test_a_problem_leads_back_through_the_proxy(known: str) -> None:
    """Its `type` explains it at the proxy's own address, and its `instance` is the path that was asked for."""
    problem = get(f"{known}/v1/models/nope")
    assert (problem["type"], problem["instance"]) == ("/ll/problems/unknown-model", "/ll/v1/models/nope")
    assert httpx.get(urljoin(known, problem["type"])).text.startswith("404 ")


def test_the_document_names_its_server(known: str) -> None:
    """Generated clients ask below the prefix."""
    assert get(f"{known}/openapi.json")["servers"] == [{"url": "/ll"}]
