"""`ETag` and `If-None-Match` under a model."""

from pathlib import Path

import pytest

from latentlink.app.services.search.searcher import Searcher
from tests.support import Client, Small, assert_problem, serving

URL = "/v1/models/small"
PATHS = [
    *(
        "",
        "/score?source=a&target=b",
        "/embedding?node=a",
        "/embeddings",
        "/neighbors?node=a",
        "/nodes",
        "/node?node=a",
    ),
    "/map",
]
ARROW = "application/vnd.apache.arrow.stream"


def tag(client: Client, path: str, **headers: str) -> str:
    """The tag of an answer."""
    response = client.get(URL + path, headers=headers)
    assert response.status_code == 200
    return str(response.headers["etag"])


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("form", ["{}", '"other", {}', "W/{}", "*"])
def test_what_is_known_is_not_sent_again(client: Client, path: str, form: str) -> None:
    """The tag alone, among others, without its weakness, or any: 304 without a body, with the headers of the answer."""
    etag = tag(client, path)
    given = form.format(etag.removeprefix("W/") if form.startswith("W") else etag)
    response = client.get(URL + path, headers={"If-None-Match": given})
    assert (response.status_code, response.content) == (304, b"")
    assert (response.headers["etag"], response.headers["vary"]) == (etag, "Accept, Accept-Encoding")
    assert response.headers["x-model"].startswith("small@")


@pytest.mark.parametrize("path", PATHS)
def test_another_tag_gets_the_answer(client: Client, path: str) -> None:
    """A tag of something else is no reason to send nothing."""
    response = client.get(URL + path, headers={"If-None-Match": '"0", W/"1"'})
    assert response.status_code == 200
    assert response.content
    assert response.headers["vary"] == "Accept, Accept-Encoding"


def test_every_answer_has_a_tag_of_its_own(client: Client) -> None:
    """Path, query and format distinguish answers; a repeated request gets the same tag."""
    tags = [tag(client, path) for path in (*PATHS, "/embedding?node=b", "/nodes?limit=2")]
    tags.append(tag(client, "/embeddings", Accept=ARROW))
    assert len(set(tags)) == len(tags)
    assert tags[: len(PATHS)] == [tag(client, path) for path in PATHS]


@pytest.mark.parametrize(("path", "media"), [("/embeddings", ARROW), ("/map", "application/octet-stream")])
def test_a_format_is_not_taken_for_another(client: Client, path: str, media: str) -> None:
    """A client that has the JSON and accepts another format gets that."""
    response = client.get(URL + path, headers={"If-None-Match": tag(client, path), "Accept": media})
    assert (response.status_code, response.headers["content-type"]) == (200, media)


def test_a_new_version_has_new_tags(small: Small, tmp_path: Path) -> None:
    """An answer of one version is sent anew by the next."""
    small.publish(tmp_path)
    with serving(tmp_path, poll_seconds=3600) as client:
        old = [tag(client, path) for path in PATHS]
        small.renewed().publish(tmp_path)
        client.app.state.service.store.refresh()  # type: ignore[attr-defined]
        for path, known in zip(PATHS, old, strict=True):
            response = client.get(URL + path, headers={"If-None-Match": known})
            assert (response.status_code, response.headers["etag"] == known) == (200, False)


def test_what_is_known_is_not_computed_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """304 comes without a search."""
    known = tag(client, "/neighbors?node=a")
    monkeypatch.setattr(Searcher, "search", None)
    assert client.get(f"{URL}/neighbors?node=a", headers={"If-None-Match": known}).status_code == 304


def test_errors_stay_errors(client: Client) -> None:
    """A precondition on what isn't there changes nothing, and an error has no tag."""
    for path, status, slug in (
        ("/embedding?node=nope", 404, "unknown-node"),
        ("/embedding", 422, "invalid-request"),
        ("/embedding?node=a&x=1", 422, "invalid-request"),
        ("@nope/embedding?node=a", 404, "unknown-model"),
    ):
        for given in ("*", '"0"'):
            response = client.get(URL + path, headers={"If-None-Match": given})
            assert_problem(response, status, slug)
            assert "etag" not in response.headers


def test_many_answers_have_no_tag(client: Client) -> None:
    """POST is not conditional."""
    response = client.post(f"{URL}/embeddings", json={"nodes": ["a"]}, headers={"If-None-Match": "*"})
    assert (response.status_code, "etag" in response.headers) == (200, False)
