"""`Accept` as RFC 9110 has it."""

import pytest
from starlette.requests import Request

from latentlink.app.errors import NotAcceptableError
from latentlink.app.http.negotiation import negotiate

OFFERED = ("application/json", "application/x-a", "text/b")


def request(*accept: str) -> Request:
    """A request with those headers."""
    return Request({"type": "http", "headers": [(b"accept", value.encode("latin-1")) for value in accept]})


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ([], "application/json"),
        ([""], "application/json"),
        (["*/*"], "application/json"),
        (["text/html, */*;q=0.1"], "application/json"),
        (["application/x-a"], "application/x-a"),
        (["APPLICATION/X-A ; charset=utf-8"], "application/x-a"),
        (["text/*"], "text/b"),
        (["application/*, text/b"], "application/json"),
        (["application/json;q=0.5, text/b;q=0.501"], "text/b"),
        (["application/json;q=0, */*"], "application/x-a"),
        (["*/*;q=0.9, application/json;q=0.1, application/x-a;q=0"], "text/b"),
        (["text/html", "text/b"], "text/b"),
        (["application/json;q=2, text/b;q=0.1"], "text/b"),
        (["application/json;q=nan, text/b;q=0.001"], "text/b"),
    ],
)
def test_the_client_gets_what_it_likes_most(accept: list[str], expected: str) -> None:
    """Quality decides, what names a format most closely sets it, and between equals the server's order does."""
    assert negotiate(request(*accept), OFFERED) == expected


@pytest.mark.parametrize("accept", ["text/html", "*/*;q=0", "application", ",", "json;q=1", "text/b;q=-1", "é"])
def test_what_takes_none_is_refused_with_the_list(accept: str) -> None:
    """The error names the formats that there are."""
    with pytest.raises(NotAcceptableError, match="application/json, application/x-a, text/b, found"):
        negotiate(request(accept), OFFERED)


def test_a_single_format_is_sent_whatever_is_requested() -> None:
    """A browser that accepts pictures gets JSON from a route that has only JSON."""
    assert negotiate(request("image/png"), OFFERED[:1]) == "application/json"
