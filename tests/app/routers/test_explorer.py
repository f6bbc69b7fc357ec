"""The explorer's page and files, as they are served."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from tests.support import Client, assert_problem, serving

FILES = {
    f"/static/{file.name}"
    for file in files("latentlink.app.explorer").iterdir()
    if re.search(r"\.(js|css|svg)$", file.name)
}


def addresses(text: str) -> set[str]:
    """What a page loads or leads to, as it is written there."""
    return set(re.findall(r'(?:src|href)="([^"#]+)"', text))


def test_home_is_the_page(client: Client) -> None:
    """A browser at / gets HTML."""
    response = client.get("/")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_the_page_loads_from_this_service_alone(client: Client) -> None:
    """Every address is relative, so that a proxy may mount the service anywhere, and answers."""
    loaded = addresses(client.get("/").text)
    assert all(re.fullmatch(r"docs|static/[\w.]+", address) for address in loaded)
    assert {client.get(f"/{address}").status_code for address in loaded} == {200}


def test_every_module_is_loaded_with_the_page(client: Client) -> None:
    """Headers of the page list every module, so that the browser requests them at once; the addresses are relative."""
    listed = re.findall(r"<(static/[\w.]+)>; rel=modulepreload", client.get("/").headers["link"])
    modules = {name for name in FILES if name.endswith(".js")} - {"/static/docs.js"}
    assert sorted(f"/{name}" for name in listed) == sorted(modules)


@pytest.mark.parametrize("path", sorted({"/", *FILES}))
def test_a_file_is_sent_once(client: Client, path: str) -> None:
    """Each carries a tag, and who has it, compressed or not, gets 304 without a body."""
    first = client.get(path)
    tag = first.headers["etag"].removeprefix("W/")
    assert first.headers["cache-control"] == "no-cache"
    for known in (tag, f"W/{tag}", f'"x", {tag}'):
        again = client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, headers={"If-None-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize("path", sorted({"/", *FILES}))
def test_nothing_may_run_that_is_not_of_the_service(client: Client, path: str) -> None:
    """The policy allows this service as the only source and target, no code or style in the page, and no frames."""
    policy = dict(part.split(" ", 1) for part in client.get(path).headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert not any("unsafe" in sources for sources in policy.values())


def test_strings_from_data_never_become_markup() -> None:
    """No module has a way to: what makes markup of a string is nowhere in them."""
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\b|new Function"
    for file in files("latentlink.app.explorer").iterdir():
        if file.name.endswith(".js"):
            assert not re.search(ways, file.read_text("utf-8")), file.name


def test_it_is_small() -> None:
    """All that a browser may load, written by hand, stays under 82 kB."""
    sent = [
        file
        for file in files("latentlink.app.explorer").iterdir()
        if file.is_file() and file.name not in ("__init__.py", "docs.html", "docs.js")
    ]
    assert sum(len(file.read_bytes()) for file in sent) < 82_000


def test_an_operator_can_turn_it_off(checkpoints: Path) -> None:
    """Without it, / is 404; the API and its documentation are there."""
    with serving(checkpoints, explorer=False) as client:
        assert_problem(client.get("/"), 404, "not-found")
        for path in ("/v1/models", "/docs", "/static/docs.js"):
            assert client.get(path).status_code == 200
