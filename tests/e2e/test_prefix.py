"""The service below a path of a proxy, which is a real nginx."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin

import httpx2
import pytest

from tests.e2e.nginx import NGINX, location, nginx
from tests.e2e.service import running_service
from tests.support import Small, eventually

pytestmark = NGINX.needed


class Proxy(NamedTuple):
    """Whether nginx takes /ll off the path, whether it sends it as a header, and whether the service has the setting."""

    strips: bool
    sends: bool
    setting: bool


PROXIES = {
    "strips": Proxy(True, False, False),
    "strips, sends the header": Proxy(True, True, False),
    "strips, the setting": Proxy(True, False, True),
    "keeps, sends the header": Proxy(False, True, False),
    "keeps, the setting": Proxy(False, False, True),
}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the service without the setting writes."""
    return tmp_path_factory.mktemp("log") / "log"


@pytest.fixture(scope="module")
def urls(small: Small, tmp_path_factory: pytest.TempPathFactory, log: Path) -> Iterator[dict[str, str]]:
    """Where the service is, by the way of the proxy."""
    store, folder = tmp_path_factory.mktemp("store"), tmp_path_factory.mktemp("nginx")
    small.publish(store)
    with (
        running_service(store, log=str(log), LATENTLINK_LOG_FORMAT="json") as plain,
        running_service(store, LATENTLINK_ROOT_PATH="/ll") as told,
    ):
        servers = {
            name: location((told if way.setting else plain).url, strips=way.strips, tells=way.sends)
            for name, way in PROXIES.items()
        }
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
    return httpx2.get(url).json()


@pytest.mark.parametrize("page", ["/", "/docs"])
def test_a_page_finds_what_it_loads(url: str, page: str) -> None:
    """Every address in the page, and in its headers, answers through the proxy, which needs to tell nothing."""
    response = httpx2.get(f"{url}{page}")
    text = response.text + response.headers.get("link", "")
    addresses = re.findall(r'(?:src|href)="([^"#]+)"|<([^<>]+)>; rel=modulepreload', text)
    found = {urljoin(str(response.url), max(pair)) for pair in addresses}
    assert len(found) > 2
    assert {address: httpx2.get(address).status_code for address in found} == dict.fromkeys(found, 200)


def test_the_api_answers(url: str) -> None:
    """Below the prefix stand the routes."""
    assert [model["name"] for model in get(f"{url}/v1/models")["models"]] == ["small"]


def test_a_problem_leads_back_through_the_proxy(known: str) -> None:
    """Its `type` explains it at the proxy's own address, and its `instance` is the path that was asked for."""
    problem = get(f"{known}/v1/models/nope")
    assert (problem["type"], problem["instance"]) == ("/ll/problems/unknown-model", "/ll/v1/models/nope")
    assert httpx2.get(urljoin(known, problem["type"])).text.startswith("404 ")


def test_the_document_names_its_server(known: str) -> None:
    """Generated clients ask below the prefix."""
    assert get(f"{known}/openapi.json")["servers"] == [{"url": "/ll"}]


def test_a_large_body_reaches_the_service(url: str) -> None:
    """Beyond nginx's own 1 MB; the answer is the service's."""
    pairs = [["a", "a" * 2_000]] * 1_000
    answer = httpx2.post(f"{url}/v1/models/small/scores", json={"pairs": pairs, "on_unknown": "null"})
    assert (answer.status_code, answer.json()["probability"]) == (200, [None] * 1_000)


def test_the_log_has_the_client_that_nginx_saw(urls: dict[str, str], log: Path) -> None:
    """Not the address that the client made up."""
    url = f"{urls['strips, sends the header']}/v1/models/small/node?node=a"
    httpx2.get(url, headers={"X-Forwarded-For": "6.6.6.6", "X-Request-ID": "forged"})
    eventually(lambda: '"forged"' in log.read_text())
    [line] = [json.loads(line) for line in log.read_text().splitlines() if '"forged"' in line]
    assert line["client"].startswith("127.0.0.1")
