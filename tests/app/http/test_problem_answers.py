"""From errors to problem answers."""

import pytest
from fastapi import FastAPI, HTTPException

from latentlink.app.http.problem_answers import install_handlers
from tests.support import Client, assert_problem


@pytest.mark.parametrize(
    "path", ["/nope", "/v1", "/v1/", "//healthz", "/healthz/", "/%00", "/%FF", "/a%20b", "/%F0%9F%98%80"]
)
def test_a_path_that_is_no_route_is_not_found(client: Client, path: str) -> None:
    """404 as a problem, with the path escaped as a URI reference."""
    assert_problem(client.get(f"http://testserver{path}"), 404, "not-found")


def test_a_method_that_one_of_two_routes_takes_is_listed(client: Client) -> None:
    """Allow names the methods of all routes of the path, not of the first."""
    response = client.delete("/v1/models/small/neighbors")
    assert_problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "GET, HEAD, POST"


def test_assets_keep_their_allow(client: Client) -> None:
    """What a mounted application allows is passed on."""
    response = client.post("/docs/assets/swagger-ui.css")
    assert_problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "GET, HEAD"


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


def test_what_was_found_is_cut_to_a_line(client: Client) -> None:
    """A long wrong value is not sent back whole."""
    response = client.get("/v1/models/small/neighbors", params={"node": "a", "k": "x" * 5000})
    [error] = assert_problem(response, 422, "invalid-request")["errors"]
    assert len(error["found"]) == 80
