"""The service below a path of a proxy, which is a real one: nginx, Caddy, Traefik."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

import httpx2
import pytest

from tests.e2e.caddy import CADDY, caddy, site
from tests.e2e.nginx import NGINX, location, nginx
from tests.e2e.service import running_service
from tests.e2e.traefik import TRAEFIK, route, traefik
from tests.support import Small, eventually


class Way(NamedTuple):
    """Which proxy it is, whether it takes /ll off the path, whether it sends it as a header, and whether the service has it."""

    proxy: str
    strips: bool
    sends: bool
    setting: bool


WAYS = {
    "nginx strips": Way("nginx", True, False, False),
    "nginx strips, sends the header": Way("nginx", True, True, False),
    "nginx strips, the setting": Way("nginx", True, False, True),
    "nginx keeps, sends the header": Way("nginx", False, True, False),
    "nginx keeps, the setting": Way("nginx", False, False, True),
    "caddy strips, sends the header": Way("caddy", True, True, False),
    "caddy keeps, sends the header": Way("caddy", False, True, False),
    "traefik strips, sends the header": Way("traefik", True, True, False),
    "traefik keeps, sends the header": Way("traefik", False, True, False),
}
# Plain tests have nginx, which the system brings; wheels of the extra `proofs` bring the others.
MARKS = {
    "nginx": [NGINX.needed],
    "caddy": [CADDY.needed, pytest.mark.slow],
    "traefik": [TRAEFIK.needed, pytest.mark.slow],
}
EACH = {name: pytest.param(name, marks=MARKS[way.proxy]) for name, way in WAYS.items()}
KNOWN = [param for name, param in EACH.items() if name != "nginx strips"]
SENT = [param for name, param in EACH.items() if WAYS[name].sends]

Reach = Callable[[str], str]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the service without the setting writes."""
    return tmp_path_factory.mktemp("log") / "log"


@pytest.fixture(scope="module")
def reach(small: Small, tmp_path_factory: pytest.TempPathFactory, log: Path) -> Iterator[Reach]:
    """Where the service is by one of the ways, whose proxy is started when it is first asked for."""
    store = tmp_path_factory.mktemp("store")
    small.publish(store)
    with (
        running_service(store, log=str(log), LATENTLINK_LOG_FORMAT="json") as plain,
        running_service(store, LATENTLINK_ROOT_PATH="/ll") as told,
        ExitStack() as running,
    ):

        @cache
        def urls(proxy: str) -> dict[str, str]:
            folder = tmp_path_factory.mktemp(proxy)
            ways = {
                name: (way, (told if way.setting else plain).url) for name, way in WAYS.items() if way.proxy == proxy
            }
            if proxy == "nginx":
                servers = {name: location(url, strips=way.strips, tells=way.sends) for name, (way, url) in ways.items()}
                return running.enter_context(nginx(folder, servers))
            if proxy == "caddy":
                sites = {name: site(url, strips=way.strips) for name, (way, url) in ways.items()}
                return running.enter_context(caddy(folder, sites))
            routes = {name: route(url, strips=way.strips) for name, (way, url) in ways.items()}
            return running.enter_context(traefik(folder, routes))

        yield lambda name: f"{urls(WAYS[name].proxy)[name]}/ll"


@pytest.fixture(params=EACH.values())
def url(request: pytest.FixtureRequest, reach: Reach) -> str:
    """Each of them."""
    return reach(request.param)


@pytest.fixture(params=KNOWN)
def known(request: pytest.FixtureRequest, reach: Reach) -> str:
    """Each that lets the service know its prefix."""
    return reach(request.param)


@pytest.fixture(params=SENT)
def sent(request: pytest.FixtureRequest, reach: Reach) -> str:
    """Each that sends the prefix as a header, to the service that logs."""
    return reach(request.param)


@pytest.fixture(scope="module")
def http() -> Iterator[httpx2.Client]:
    """A client; a new one for each request would read the system's certificates each time."""
    with httpx2.Client(verify=False) as client:
        yield client


@pytest.mark.parametrize("page", ["/", "/docs"])
def test_a_page_finds_what_it_loads(http: httpx2.Client, url: str, page: str) -> None:
    """Every address in the page, and in its headers, answers through the proxy, which needs to tell nothing."""
    response = http.get(f"{url}{page}")
    text = response.text + response.headers.get("link", "")
    addresses = re.findall(r'(?:src|href)="([^"#]+)"|<([^<>]+)>; rel=modulepreload', text)
    found = {urljoin(str(response.url), max(pair)) for pair in addresses}
    assert len(found) > 2
    assert {address: http.get(address).status_code for address in found} == dict.fromkeys(found, 200)


def test_the_api_answers(http: httpx2.Client, url: str) -> None:
    """Below the prefix stand the routes."""
    assert [model["name"] for model in http.get(f"{url}/v1/models").json()["models"]] == ["small"]


def test_a_problem_leads_back_through_the_proxy(http: httpx2.Client, known: str) -> None:
    """Its `type` explains it at the proxy's own address, and its `instance` is the path that was asked for."""
    problem = http.get(f"{known}/v1/models/nope").json()
    assert (problem["type"], problem["instance"]) == ("/ll/problems/unknown-model", "/ll/v1/models/nope")
    assert http.get(urljoin(known, problem["type"])).text.startswith("404 ")


def test_the_document_names_its_server(http: httpx2.Client, known: str) -> None:
    """Generated clients ask below the prefix."""
    assert http.get(f"{known}/openapi.json").json()["servers"] == [{"url": "/ll"}]


def test_a_large_body_reaches_the_service(http: httpx2.Client, url: str) -> None:
    """Beyond nginx's own 1 MB; the answer is the service's."""
    pairs = [["a", "a" * 2_000]] * 1_000
    answer = http.post(f"{url}/v1/models/small/scores", json={"pairs": pairs, "on_unknown": "null"})
    assert (answer.status_code, answer.json()["probability"]) == (200, [None] * 1_000)


def test_a_client_can_not_make_up_a_prefix(http: httpx2.Client, sent: str) -> None:
    """The proxy's own takes the place of the client's."""
    problem = http.get(f"{sent}/v1/models/nope", headers={"X-Forwarded-Prefix": "/evil"}).json()
    assert problem["type"] == "/ll/problems/unknown-model"


def test_the_log_has_the_client_that_the_proxy_saw(http: httpx2.Client, sent: str, log: Path) -> None:
    """Not the address that the client made up."""
    forged = f"forged-{sent.rpartition(':')[2].partition('/')[0]}"
    http.get(f"{sent}/v1/models/small/node?node=a", headers={"X-Forwarded-For": "6.6.6.6", "X-Request-ID": forged})
    eventually(lambda: f'"{forged}"' in log.read_text())
    [line] = [json.loads(line) for line in log.read_text().splitlines() if f'"{forged}"' in line]
    assert line["client"].startswith("127.0.0.1")


@pytest.mark.parametrize("name", [param for name, param in EACH.items() if name != "traefik strips, sends the header"])
def test_the_prefix_without_a_slash_leads_to_the_page(http: httpx2.Client, reach: Reach, name: str) -> None:
    """By a redirect, so that relative addresses are right; Traefik's `stripPrefix` alone hides which one it was."""
    response = http.get(reach(name), follow_redirects=True)
    assert (response.status_code, str(response.url)) == (200, f"{reach(name)}/")
