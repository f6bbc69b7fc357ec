"""People who sign in at a proxy: the documented nginx, in front of it a stand-in for oauth2-proxy."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from latentlink.app.keys.file import entry_of
from tests.e2e.nginx import NGINX, documented, nginx
from tests.e2e.service import running_service
from tests.support import Small

pytestmark = [NGINX.needed, pytest.mark.slow]

GROUPS = {"ann": "staff,graph-users", "root": "graph-admins,graph-users", "eve": "staff,not-graph-admins"}
KEYS = {"users": ["read"], "admins": ["read", "admin"]}


class SignIn(BaseHTTPRequestHandler):
    """What the documentation of oauth2-proxy says of its answers: by the session, 202 with the groups, or 401."""

    def do_GET(self) -> None:
        """Answer."""
        groups = GROUPS.get((self.headers["Cookie"] or "").removeprefix("session="))
        self.send_response(401 if groups is None else 202)
        if groups is not None:
            self.send_header("X-Auth-Request-Groups", groups)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture(scope="module")
def url(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where people reach the service."""
    folder, store = tmp_path_factory.mktemp("nginx"), tmp_path_factory.mktemp("store")
    small.publish(store)
    keys = Path(folder / "keys.toml")
    keys.write_text("".join(entry_of(name, f"{name}-key", {"scopes": of}) for name, of in KEYS.items()), "utf-8")
    signs_in = ThreadingHTTPServer(("127.0.0.1", 0), SignIn)
    threading.Thread(target=signs_in.serve_forever, daemon=True).start()
    shared, inside = documented("sign-in-with-oidc.md")
    for name in KEYS:
        shared = shared.replace(f"{name.upper()}-KEY", f"{name}-key")
    with running_service(store, LATENTLINK_KEYS_FILE=str(keys)) as service:
        inside = inside.replace("http://127.0.0.1:8000", service.url)
        inside = inside.replace("http://127.0.0.1:4180", f"http://127.0.0.1:{signs_in.server_port}")
        with nginx(folder, {"site": f"location = /nothing {{ return 404; }} {inside}"}, shared) as urls:
            yield urls["site"]
    signs_in.shutdown()
    signs_in.server_close()


def ask(url: str, person: str | None, method: str = "GET", path: str = "/v1/models", **headers: str) -> int:
    """The status of an answer to a person, or to somebody without a session."""
    cookie = {} if person is None else {"Cookie": f"session={person}"}
    body = {"version": "20200101T000000000000Z"} if method == "POST" else None
    return httpx2.request(method, f"{url}{path}", headers={**cookie, **headers}, json=body, verify=False).status_code


def test_a_group_s_key_is_what_a_person_may_do(url: str) -> None:
    """Users read, admins activate (a version that is not there), others are refused, and strangers are sent to sign in."""
    activate = ("POST", "/v1/models/small:activate")
    assert [ask(url, person) for person in ("ann", "root", "eve", None)] == [200, 200, 401, 302]
    assert [ask(url, person, *activate) for person in ("ann", "root", "eve", None)] == [403, 404, 401, 302]


def test_headers_of_a_client_open_nothing(url: str) -> None:
    """Neither a key of its own, nor groups that it claims."""
    forged = {"Authorization": "Bearer admins-key", "X-Auth-Request-Groups": "graph-admins", "X-Forwarded-User": "root"}
    assert ask(url, None, **forged) == 302
    assert ask(url, "eve", **forged) == 401
    assert ask(url, "ann", "POST", "/v1/models/small:activate", **forged) == 403
