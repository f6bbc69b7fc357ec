"""Object storages with as much of S3, or of Google's XML API, as a store of checkpoints needs; they break reads on demand."""

import itertools
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.e2e.service import FORKS, free_port, wait_for
from tests.e2e.storages.storage import Storage, s3_environment

FAULTS = ("truncated", "503", "slow", "wrong bytes")
_PIECE = 2**20
_SLOW = 1.0  # seconds


@contextmanager
def s3(folder: Path, *, break_every: int = 0) -> Iterator[Storage]:
    """Serve a directory with one directory a bucket; with `break_every` = n each n-th read breaks, each in its way."""
    with _running(folder, Handler, break_every) as (port, process):
        yield Storage("s3://models/production", s3_environment(port), partial(_stop, process))


@contextmanager
def google(folder: Path, *, break_every: int = 0) -> Iterator[Storage]:
    """As `s3`, for the client of Google's storage, of which no package has a server that answers it."""
    with _running(folder, GoogleHandler, break_every) as (port, process):
        environment = {"GOOGLE_BASE_URL": f"http://127.0.0.1:{port}", "GOOGLE_BEARER_TOKEN": "something"}
        yield Storage("gs://models/production", environment, partial(_stop, process))


@contextmanager
def _running(folder: Path, handler: "type[Handler]", break_every: int) -> Iterator[tuple[int, BaseProcess]]:
    folder.mkdir(exist_ok=True)
    port = free_port()
    process = FORKS.Process(target=_serve, args=(folder, port, handler, break_every))
    process.start()
    try:
        wait_for(f"http://127.0.0.1:{port}/", 404)
        yield port, process
    finally:
        _stop(process)


def _stop(process: BaseProcess) -> None:
    process.kill()
    process.join()


def _serve(folder: Path, port: int, handler: "type[Handler]", break_every: int) -> None:
    sys.stdin = None
    Server(folder, port, handler, break_every).serve_forever()


class Server(ThreadingHTTPServer):
    """The server; the lock makes conditions and writes one step."""

    daemon_threads = True

    def __init__(self, folder: Path, port: int, handler: "type[Handler]", break_every: int) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self.folder, self.break_every = folder, break_every
        self.reads, self.faults = itertools.count(1), itertools.cycle(FAULTS)
        self.uploads = itertools.count(1)
        self.lock = threading.Lock()

    def fault(self) -> str:
        """How the next read breaks; empty if it does not."""
        return next(self.faults) if self.break_every and next(self.reads) % self.break_every == 0 else ""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002  # its name in the library
        """Say nothing."""

    def do_GET(self) -> None:  # the library calls it so
        """An object, a part of one, or a list."""
        path, query = self._asked()
        if "list-type" in query:
            return self._list(path, query)
        if not path.is_file():
            return self._answer(404)
        if self.headers.get("If-None-Match") == _tag(path):
            return self._answer(304)
        size = path.stat().st_size
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        start = int(found[1]) if found else 0
        end = min(size, int(found[2]) + 1) if found and found[2] else size
        if found and start >= size:
            return self._answer(416)
        return self._send(path, start, end, f"bytes {start}-{end - 1}/{size}" if found else "")

    do_HEAD = do_GET  # noqa: N815

    def do_PUT(self) -> None:
        """An object, if the conditions hold, or a part of an upload."""
        path, query = self._asked()
        with tempfile.NamedTemporaryFile(dir=self.server.folder, delete=False) as file:
            self._receive(file)
        if "uploadId" in query:
            part = self._upload(query) / f"{int(query['partNumber'][0]):05}"
            Path(file.name).rename(part)
            return self._answer(200, ETag=_tag(part))
        with self.server.lock:
            if not self.is_wanted(path):
                Path(file.name).unlink()
                return self._answer(412)
            path.parent.mkdir(parents=True, exist_ok=True)
            Path(file.name).rename(path)
            return self._answer(200, b"", **self.tags(path))

    def do_POST(self) -> None:
        """Begin or end an upload in parts, or delete many."""
        path, query = self._asked()
        with tempfile.TemporaryFile() as file:
            self._receive(file)
            file.seek(0)
            body = file.read().decode()
        if "uploads" in query:
            number = str(next(self.server.uploads))
            self._upload({"uploadId": [number]}).mkdir()
            return self._xml(
                f"<InitiateMultipartUploadResult><UploadId>{number}</UploadId></InitiateMultipartUploadResult>"
            )
        if "uploadId" in query:
            upload = self._upload(query)
            whole = upload / "whole"
            with whole.open("wb") as joined:
                for part in sorted(upload.glob("[0-9]*")):
                    with part.open("rb") as content:
                        shutil.copyfileobj(content, joined, _PIECE)
            path.parent.mkdir(parents=True, exist_ok=True)
            whole.rename(path)
            shutil.rmtree(upload)
            return self._xml(
                f"<CompleteMultipartUploadResult><ETag>{escape(_tag(path))}</ETag></CompleteMultipartUploadResult>"
            )
        keys = re.findall(r"<Key>(.*?)</Key>", body)
        for key in keys:
            (path / key).unlink(missing_ok=True)
        return self._xml(
            f"<DeleteResult>{''.join(f'<Deleted><Key>{key}</Key></Deleted>' for key in keys)}</DeleteResult>"
        )

    def do_DELETE(self) -> None:
        """Remove an object."""
        path, _ = self._asked()
        path.unlink(missing_ok=True)
        self._answer(204)

    def is_wanted(self, path: Path) -> bool:
        """Whether the conditions of a write hold."""
        there, wanted = path.is_file(), self.headers.get("If-Match")
        return not (there and self.headers.get("If-None-Match")) and (not wanted or (there and _tag(path) == wanted))

    def tags(self, path: Path) -> dict[str, str]:
        """What changes with an object."""
        return {"ETag": _tag(path)}

    def _asked(self) -> tuple[Path, dict[str, list[str]]]:
        parts = urlsplit(self.path)
        return self.server.folder / unquote(parts.path).strip("/"), parse_qs(parts.query, keep_blank_values=True)

    def _upload(self, query: dict[str, list[str]]) -> Path:
        return self.server.folder / f"upload-{query['uploadId'][0]}"

    def _receive(self, file: IO[bytes]) -> None:
        left = int(self.headers.get("Content-Length", 0))
        while left and (piece := self.rfile.read(min(left, _PIECE))):
            file.write(piece)
            left -= len(piece)

    def _list(self, bucket: Path, query: dict[str, list[str]]) -> None:
        """All below a prefix, which ends with a slash or is empty; with a delimiter what is directly there."""
        prefix = query.get("prefix", [""])[0]
        below, rows = bucket / prefix, ""
        found = (below.iterdir() if below.is_dir() else ()) if "delimiter" in query else below.rglob("*")
        for path in sorted(found):
            key = escape(str(path.relative_to(bucket)))
            if path.is_file():
                rows += (
                    f"<Contents><Key>{key}</Key><Size>{path.stat().st_size}</Size><ETag>{escape(_tag(path))}</ETag>"
                    f"<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
                )
            elif "delimiter" in query:
                rows += f"<CommonPrefixes><Prefix>{key}/</Prefix></CommonPrefixes>"
        self._xml(f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>")

    def _xml(self, text: str) -> None:
        content = f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode()
        self._answer(200, content, **{"Content-Type": "application/xml"})

    def _answer(self, status: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _send(self, path: Path, start: int, end: int, content_range: str) -> None:
        """The bytes of an object, or what a broken read makes of them."""
        fault = self.server.fault()
        if fault == "503":
            return self._answer(503)
        with path.open("rb") as file:
            self.send_response(206 if content_range else 200)
            if content_range:
                self.send_header("Content-Range", content_range)
            self.send_header("Content-Length", str(end - start))
            for name, value in self.tags(path).items():
                self.send_header(name, value)
            self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
            self.end_headers()
            if self.command == "HEAD":
                return None
            if fault == "slow":
                time.sleep(_SLOW)
            if fault == "truncated":
                end = start + (end - start) // 2
                self.close_connection = True
            file.seek(start)
            left = end - start
            while left and (piece := file.read(min(left, _PIECE))):
                left -= len(piece)
                if fault == "wrong bytes":
                    piece, fault = bytes([piece[0] ^ 1]) + piece[1:], ""
                self.wfile.write(piece)
        return None


class GoogleHandler(Handler):
    """What Google does otherwise: it compares generations, and an object that is not there can't be removed."""

    def do_DELETE(self) -> None:
        """Remove an object that is there."""
        path, _ = self._asked()
        if path.is_file():
            return super().do_DELETE()
        return self._answer(404)

    def is_wanted(self, path: Path) -> bool:
        """As that of `Handler`."""
        wanted = self.headers.get("x-goog-if-generation-match")
        return wanted is None or wanted == (_generation(path) if path.is_file() else "0")

    def tags(self, path: Path) -> dict[str, str]:
        """As that of `Handler`."""
        return {**super().tags(path), "x-goog-generation": _generation(path)}


def _generation(path: Path) -> str:
    return str(path.stat().st_mtime_ns)


def _tag(path: Path) -> str:
    stat = path.stat()
    return f'"{stat.st_ino}-{stat.st_mtime_ns}-{stat.st_size}"'
