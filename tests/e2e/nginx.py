"""An nginx that is on the machine already, before services of the tests."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.docs.pages import DOCS, blocks
from tests.e2e.service import free_port, wait_for
from tests.tools import Tool

NGINX = Tool(
    "nginx",
    shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"),  # where Debian has it, for root
    "no nginx on this machine: it is neither on the PATH nor in /usr/sbin",
)

_TEMPORARY = "".join(f"{kind}_temp_path temporary;" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))


def documented(page: str) -> list[str]:
    """The blocks of nginx's language on a page of how-to."""
    return [block.text for block in blocks(DOCS / "how-to" / page) if block.info == "nginx"]


[_DOCUMENTED] = documented("serve-behind-a-proxy.md")


def location(url: str, *, strips: bool = True, tells: bool = True) -> str:
    """The documented directives, for the service at `url`; nginx removes /ll from the path or not, and sends it or not."""
    lines = _DOCUMENTED.replace("http://127.0.0.1:8000/", f"{url}/" if strips else url)
    return lines if tells else lines.replace("proxy_set_header X-Forwarded-Prefix /ll;", "")


@contextmanager
def nginx(folder: Path, servers: Mapping[str, str], shared: str = "") -> Iterator[dict[str, str]]:
    """Run it with one server for each entry, a name and its directives; the URL of each by its name.

    Directives that are `shared` stand in front of the servers.

    Raises:
        FileNotFoundError: as `Tool.require`.
    """
    program = NGINX.require()
    ports = {name: free_port() for name in servers}
    blocks = (f"server {{ listen 127.0.0.1:{ports[name]}; {inside} }}" for name, inside in servers.items())
    http = f"access_log off; {_TEMPORARY} {shared} {' '.join(blocks)}"
    config = folder / "nginx.conf"
    config.write_text(f"daemon off; master_process off; pid nginx.pid; events {{}} http {{ {http} }}", "utf-8")
    command = [program, "-p", str(folder), "-c", str(config), "-e", str(folder / "error.log")]
    with subprocess.Popen(command) as process:
        try:
            urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
            for url in urls.values():
                wait_for(f"{url}/nothing", 404)
            yield urls
        finally:
            process.terminate()
