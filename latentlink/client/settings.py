"""The settings of both clients: the connection to the service, and the retries."""

from typing import Any

import httpx2

from latentlink.client.errors import Outcome

_LONGEST_WAIT = 30.0  # seconds of Retry-After that are respected
_PASSING = (httpx2.codes.TOO_MANY_REQUESTS, httpx2.codes.SERVICE_UNAVAILABLE)


class Settings:
    """The options of both clients.

    Args:
        url: the address of the service, such as `http://localhost:8000`.
        model: the model that answers: a name, `name@version` or `default`.
        key: an API key, where the service needs one.
        timeout: seconds that one try may take.
        retries: further tries where the service is overloaded, stopping or can't be reached, or the key asks too often. Every
            call may be repeated; a `Retry-After` is waited for, up to 30 s.
        transport: another way to the service than the network, for tests: a transport of httpx2.

    Raises:
        ValueError: `url` is no address of HTTP.
    """

    def __init__(
        self,
        url: str,
        *,
        model: str = "default",
        key: str | None = None,
        timeout: float = 30.0,
        retries: int = 3,
        transport: Any = None,
    ) -> None:
        self.model, self._url, self._retries = model, _require_address(url), retries
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._options: dict[str, Any] = {  # arguments of httpx2's clients, each of its own type
            "base_url": url,
            "headers": headers,
            "timeout": timeout,
            "transport": transport,
        }

    def _pause(self, tried: int, outcome: Outcome) -> float | None:
        """Seconds to wait before the next try, or None where there is none."""
        if tried >= self._retries or not isinstance(outcome, httpx2.Response | httpx2.TransportError):
            return None
        backoff: float = 0.1 * 2**tried
        if isinstance(outcome, httpx2.Response):
            after = outcome.headers.get("Retry-After", "")
            wished = float(after) if after.isdigit() else backoff
            return min(wished, _LONGEST_WAIT) if outcome.status_code in _PASSING else None
        return backoff


def _require_address(url: str) -> str:
    try:
        address = httpx2.URL(url)
        usable = address.scheme in ("http", "https") and address.host != ""
    except httpx2.InvalidURL:
        usable = False
    if not usable:
        raise ValueError(f"url: expected an address such as http://localhost:8000, found {url!r}")
    return url
