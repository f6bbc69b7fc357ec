"""Below a path of a proxy."""

from pathlib import Path

import pytest

from latentlink.app.main import create_app
from latentlink.app.settings import Settings
from tests.support import Client

TRUSTED, UNTRUSTED = ("127.0.0.1", 1), ("203.0.113.9", 1)
NOWHERE = "/v1/models/nope"


def behind(checkpoints: Path, client: tuple[str, int] = TRUSTED, server: str = "", **settings: str) -> Client:
    """Requests from an address, to a service with settings; `server` is the prefix that the ASGI server knows."""
    app = create_app(Settings(checkpoints=checkpoints, **settings))  # type: ignore[arg-type]
    return Client(app, root_path=server, client=client)


def seen(client: Client, path: str = NOWHERE, prefix: str | None = None) -> tuple[str, str]:
    """The `type` and the `instance` of the problem at a path."""
    problem = client.get(path, headers={} if prefix is None else {"X-Forwarded-Prefix": prefix}).json()
    return problem["type"], problem["instance"]


@pytest.mark.parametrize("path", [NOWHERE, f"/ll{NOWHERE}"])
@pytest.mark.parametrize("way", ["header", "setting"])
def test_the_prefix_may_be_stripped_or_not(checkpoints: Path, way: str, path: str) -> None:
    """Either way the route is found, and the problem has the path that the client asked for."""
    client = behind(checkpoints, root_path="/ll" if way == "setting" else "")
    expected = ("/ll/problems/unknown-model", f"/ll{NOWHERE}")
    assert seen(client, path, "/ll" if way == "header" else None) == expected


def test_without_a_prefix_addresses_are_the_services_own(checkpoints: Path) -> None:
    """A proxy that strips and tells nothing gets what a direct client gets."""
    assert seen(behind(checkpoints)) == ("/problems/unknown-model", NOWHERE)


@pytest.mark.parametrize(
    ("given", "prefix"),
    [
        ("/a/b/", "/a/b"),
        ("/a, /b", "/a/b"),
        ("", ""),
        ("/", ""),
        ("//evil.example", ""),
        ("a", ""),
        ("/a<b", ""),
        ("/é", ""),
    ],
)
def test_a_header_is_a_path_or_nothing(checkpoints: Path, given: str, prefix: str) -> None:
    """Prefixes of proxies in a row are joined; what is no path, or names another host, is ignored."""
    client = behind(checkpoints)
    problem = client.get(NOWHERE, headers={b"X-Forwarded-Prefix": given.encode("latin-1")}).json()
    assert problem["type"] == f"{prefix}/problems/unknown-model"


def test_the_header_takes_precedence(checkpoints: Path) -> None:
    """Over the setting, and over what the server was started with."""
    assert seen(behind(checkpoints, root_path="/set"), prefix="/ll")[1] == f"/ll{NOWHERE}"
    assert seen(behind(checkpoints, server="/server"), f"/server{NOWHERE}", "/ll")[1] == f"/ll{NOWHERE}"
    assert seen(behind(checkpoints, server="/server"), f"/server{NOWHERE}")[1] == f"/server{NOWHERE}"


def test_an_untrusted_client_sets_no_prefix(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only trusted addresses do; FORWARDED_ALLOW_IPS names others."""
    assert seen(behind(checkpoints, UNTRUSTED), prefix="/ll")[0] == "/problems/unknown-model"
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "203.0.113.0/24")
    assert seen(behind(checkpoints, UNTRUSTED), prefix="/ll")[0] == "/ll/problems/unknown-model"


def test_a_trusted_proxy_names_client_and_prefix(checkpoints: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The log has the client that the proxy names, and the prefix is believed although that client is not trusted."""
    headers = {"X-Forwarded-Prefix": "/ll", "X-Forwarded-For": UNTRUSTED[0]}
    with caplog.at_level("INFO", "latentlink.access"):
        assert behind(checkpoints).get(NOWHERE, headers=headers).json()["instance"] == f"/ll{NOWHERE}"
    [record] = caplog.records
    assert record.fields["client"] == UNTRUSTED[0]  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/ll/v1/models", "/v1/models", "/ll/ll/healthz", "/ll/openapi.json"])
def test_no_prefix_opens_what_needs_a_key(checkpoints: Path, path: str) -> None:
    """Neither the setting nor a header that makes the path look like an open one."""
    client = behind(checkpoints, root_path="/ll", api_keys="secret")
    assert client.get(path).status_code == 401
    for prefix in ("/static", "/healthz", "/v1", "/docs/assets"):
        assert client.get(path, headers={"X-Forwarded-Prefix": prefix}).status_code in (401, 404)
    assert client.get("/ll/healthz").status_code == 200


def test_the_prefix_alone_leads_to_the_page(checkpoints: Path) -> None:
    """Without the slash, relative addresses of the page would miss the prefix; the redirect names it, and keeps the query."""
    response = behind(checkpoints, root_path="/ll").get("/ll?view=map&x=%20", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (308, "/ll/?view=map&x=%20")
    assert "x-request-id" in response.headers


def test_the_document_names_the_prefix_of_each_request(checkpoints: Path) -> None:
    """Two proxies get a server each, and a direct request none."""
    client = behind(checkpoints)
    for prefix in ("/a", "/b"):
        document = client.get("/openapi.json", headers={"X-Forwarded-Prefix": prefix}).json()
        assert document["servers"] == [{"url": prefix}]
    assert "servers" not in client.get("/openapi.json").json()


@pytest.mark.parametrize(("given", "kept"), [("/ll/", "/ll"), ("/", ""), ("/a/b", "/a/b")])
def test_a_slash_at_the_end_of_the_setting_is_dropped(given: str, kept: str) -> None:
    """It is written either way."""
    assert Settings(root_path=given).root_path == kept
