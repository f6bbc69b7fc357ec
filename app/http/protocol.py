"""HTTP/1 of uvicorn, and what it lacks: answers to HTTP/1.0 without chunks, and problems for what is no request."""

import secrets

from uvicorn._types import ASGI3Application, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from latentlink.app.errors import MalformedRequestError
from latentlink.app.http.problem_answers import MEDIA_TYPE, problem_content
from latentlink.app.http.problems import PROBLEMS, SLUGS
from latentlink.app.http.responses import JSON


class Protocol(HttpToolsProtocol):
    """One connection."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if cycle.scope["http_version"] == "1.0":
            cycle.__class__ = _UnchunkedCycle
        super()._start_asgi_task(cycle, app)

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that can't be parsed with a problem, and close the connection."""
        problem = PROBLEMS[SLUGS[MalformedRequestError]]
        path = getattr(self, "url", b"").partition(b"?")[0].decode("latin-1") or "/"
        request_id = secrets.token_hex(8)
        self.logger.info("answered it with 400, request %s", request_id)  # after the server's own line
        body = JSON(problem_content(problem, problem.example, path, request_id)).body
        headers = {
            "content-type": MEDIA_TYPE,
            "content-length": str(len(body)),
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "x-request-id": request_id,
            "connection": "close",
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(STATUS_LINE[problem.status] + lines.encode() + b"\r\n" + bytes(body))
        self.transport.close()


class _UnchunkedCycle(RequestResponseCycle):
    """An answer to HTTP/1.0, which knows no chunks: the end of the connection ends a body of unknown length (RFC 9112, 6.3)."""

    until_close = False

    async def send(self, message: ASGISendEvent) -> None:
        """Send the head, or a part of the body."""
        if message["type"] == "http.response.start":
            self.until_close = all(name.lower() != b"content-length" for name, _ in message.get("headers", []))
            if self.until_close:
                self.chunked_encoding = False
        elif message["type"] == "http.response.body" and self.until_close:
            self.expected_content_length = len(message.get("body", b""))  # what is left to send, as far as is known
        await super().send(message)
