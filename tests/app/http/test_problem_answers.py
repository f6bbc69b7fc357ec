"""From errors to problem answers."""

import pytest
from fastapi import FastAPI, HTTPException

from latentlink.app.http.problem_answers import install_handlers
from tests.support import Client, assert_problem

FILES = ("", "nope.js", "..%2Fmain.py", "../../etc/passwd", "%00", "x" * 5000)


@pytest.mark.parametrize(
    "path",
    [
        *("/nope", "/v1", "/v1/", "//healthz", "/healthz/", "/%00", "/%FF", "/a%20b", "/%F0%9F%98%80"),
        *("/v1/models/", "/v1/models/a%2Fb", "/v1/models/small/", "/v1/models/..%2Fsmall"),
        *(f"/problems/{slug}" for slug in ("nope", "", "unknown-node/", "UNKNOWN-NODE", "%00", "..%2F")),
        *(f"/{folder}/{name}" for folder in ("docs/assets", "static") for name in FILES),
        "/static/__init__.py",
    ],
)
def test_a_path_that_is_no_route_is_not_found(client: Client, path: str) -> None:
    """404 as a problem, with the path escaped as a URI reference; none is redirected, leaves its directory or is a bug."""
    assert_problem(client.get(f"http://testserver{path}"), 404, "not-found")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/v1/models/small/neighbors", "GET, HEAD, POST"), ("/docs/assets/swagger-ui.css", "GET, HEAD")],
)
def test_a_method_that_is_not_taken_gets_a_list(client: Client, path: str, allowed: str) -> None:
    """Allow names the methods of all routes of the path, not of the first; what a mounted application allows is passed on."""
    response = client.delete(path)
    assert_problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize("status", [400, 401, 403, 418, 429, 503])
def test_other_statuses_of_the_framework_are_problems_too(status: int) -> None:
    """What a dependency raises by status alone has the media type and the status of a problem, and its headers."""
    app = FastAPI()
    install_handlers(app)

    @app.get("/")
    def fail() -> None:
        raise HTTPException(status, headers={"WWW-Authenticate": "Bearer"})

    response = Client(app).get("/")
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, response.json()["status"]) == (status, status)
    assert response.headers["www-authenticate"] == "Bearer"
