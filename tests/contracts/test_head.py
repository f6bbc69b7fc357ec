"""HEAD is GET without a body."""

from collections.abc import Mapping

import pytest

from latentlink.app import computing
from latentlink.app.http import computed
from latentlink.app.services.steps import Turn
from tests.contracts.operations import OPERATIONS, Operation, each
from tests.support import Client

ASKING = [operation for operation in OPERATIONS if operation.method == "GET"]
CHANGING = {"x-request-id", "content-length"}  # of /metrics, which has counted one more


@pytest.mark.parametrize(**each(ASKING))
def test_every_get_answers_head(client: Client, operation: Operation) -> None:
    """The same status and headers, and nothing else."""
    url, query = operation.url(), operation.query(client)
    got, headed = client.get(url, params=query), client.head(url, params=query)
    assert (headed.status_code, headed.content) == (200, b"")
    assert _kept(headed.headers) == _kept(got.headers)


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/static/main.js", "/docs/assets/swagger-ui.css"])
def test_pages_answer_head(client: Client, path: str) -> None:
    """So do those that the document does not list."""
    assert client.head(path).status_code == client.get(path).status_code == 200


def test_head_is_conditional(client: Client) -> None:
    """A tag of GET holds for HEAD."""
    url = "/v1/models/default/score?source=a&target=b"
    tag = client.get(url).headers["etag"]
    assert client.head(url, headers={"If-None-Match": tag}).status_code == 304


def test_head_of_a_stream_makes_none_of_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole table would be written for nobody."""
    url = "/v1/models/default/embeddings"
    made = []

    def take(_steps: object) -> Turn:  # which makes every part
        made.append(1)
        return Turn(b"", last=True)

    monkeypatch.setattr(computing, "take_turn", take)
    monkeypatch.setattr(computed, "AT_ONCE", 0)
    assert client.head(url).status_code == 200
    assert made == []
    client.get(url)
    assert made == [1]


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in CHANGING}
