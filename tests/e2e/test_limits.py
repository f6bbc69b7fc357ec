"""Limits over a real socket."""

import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from tests.e2e.service import running_service


def test_an_idle_connection_is_kept(checkpoints: Path) -> None:
    """Longer than the server's own five seconds, after which a proxy's next request would meet a connection being closed."""
    with running_service(checkpoints) as service, closing(HTTPConnection(urlsplit(service.url).netloc)) as client:
        client.connect()
        first = client.sock
        for pause in (0, 6):
            time.sleep(pause)
            client.request("GET", "/healthz")
            assert client.getresponse().read()
            assert client.sock is first
