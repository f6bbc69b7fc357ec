"""Failed calls as exceptions: refusals, each with the problem document (RFC 9457) of the answer, and calls without an answer."""

import html
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

import httpx2

T = TypeVar("T")

Outcome = httpx2.Response | httpx2.RequestError | httpx2.InvalidURL
"""Of one try: the answer, or why there is none."""

_TAG = re.compile(r"<[^<>]*>")
_SHOWN = 80  # characters of an answer that is no problem document


class APIError(Exception):
    """A call failed; most often the service answered with a status from 400 up.

    Attributes:
        status: the HTTP status; 0 without an answer.
        slug: the kind of the problem, such as `too-large`; `about:blank` if something before the service answered.
        detail: what was expected and what was found, or the beginning of the text of such an answer.
        request_id: the request's id in the service's log, or None.
        problem: the whole answer, as read from its JSON; each kind has members of its own.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status, self.problem = status, problem
        self.slug = str(problem.get("type", "about:blank")).rpartition("/")[2]
        self.detail = str(problem.get("detail") or problem.get("title") or "")
        self.request_id: str | None = problem.get("request_id")
        kind = self.slug if "type" in problem else problem.get("title") or self.slug
        super().__init__(f"{status or ''} {kind}: {self.detail}{self._more()}".lstrip())

    def _more(self) -> str:
        errors = (self.problem.get("errors") or [])[1:]  # the detail has the first
        more = "; ".join(f"{e['field']}: expected {e['expected']}, found {e['found']}" for e in errors)
        return f" ({more})" if more else ""


class UnreachableError(APIError):
    """No try had an answer: the service can't be reached, or the connection broke or was too slow."""


class ForbiddenError(APIError):
    """The key lacks the scope that the call needs, or is not for this model."""


class RateLimitedError(APIError):
    """The key asked too often, and the retries are used up."""

    @property
    def retry_after(self) -> float:
        """Seconds until the service answers it again."""
        return float(self.problem.get("retry_after", 0))


class UnknownModelError(APIError):
    """No model of that name is loaded, or not that version of it."""


class UnknownNodeError(APIError):
    """Ids that the model does not know; `closest` has known ids like each of the first twenty, `types` types that have it."""

    def _more(self) -> str:
        like = "; ".join(f"{', '.join(map(repr, known))} for {node!r}" for node, known in self.closest.items() if known)
        return super()._more() + (f"; the closest known ids are {like}" if like else "")

    @property
    def closest(self) -> dict[str, list[str]]:
        """For each unknown id the known ones that are most like it."""
        return {entry["node"]: entry["closest"] for entry in self.problem.get("unknown", [])}

    @property
    def types(self) -> dict[str, list[str]]:
        """For each of them that nodes of other types have than that of the request: these types."""
        return {entry["node"]: entry["types"] for entry in self.problem.get("unknown", []) if "types" in entry}


class AmbiguousNodeError(APIError):
    """Ids that nodes of several types have; `types` has those of each of the first twenty."""

    @property
    def types(self) -> dict[str, list[str]]:
        """For each such id the types whose nodes have it."""
        return {entry["node"]: entry["types"] for entry in self.problem.get("ambiguous", [])}


_KINDS: Mapping[str, type[APIError]] = {
    "ambiguous-node": AmbiguousNodeError,
    "forbidden": ForbiddenError,
    "rate-limited": RateLimitedError,
    "unknown-model": UnknownModelError,
    "unknown-node": UnknownNodeError,
}


def read_answer(read: Callable[[httpx2.Response], T], response: httpx2.Response) -> T:
    """What `read` makes of a successful answer.

    Raises:
        APIError: something else answered, such as another service or the page of a proxy.
    """
    try:
        return read(response)
    except (KeyError, TypeError, ValueError) as error:
        problem = _without_problem("expected an answer of Latentlink, found", response.text)
        raise APIError(response.status_code, problem) from error


def give_up(url: str, outcome: Outcome) -> NoReturn:
    """Raise what the last try ended with: that there was no answer from `url`, or the error of the answer."""
    if not isinstance(outcome, httpx2.Response):
        reason = ": ".join(filter(None, (type(outcome).__name__, str(outcome))))
        detail = f"expected an answer from {url}, found {reason}"
        raise UnreachableError(0, {"title": "unreachable", "detail": detail}) from None
    try:
        problem = outcome.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict) or "type" not in problem:
        problem = _without_problem(outcome.reason_phrase, outcome.text)
    raise _KINDS.get(str(problem.get("type", "")).rpartition("/")[2], APIError)(outcome.status_code, problem)


def _without_problem(reason: str, body: str) -> dict[str, str]:
    """The problem of an answer that has none, such as a proxy's page in HTML: its reason, and the beginning of its text."""
    text = " ".join(html.unescape(_TAG.sub(" ", body)).split())
    return {"title": reason, "detail": text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."}
