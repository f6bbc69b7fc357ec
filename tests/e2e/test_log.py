"""The log of a running service."""

import json
from pathlib import Path

import httpx2

from tests.e2e.service import running_service

KEY = "a-key-that-nobody-must-see"


def test_every_line_is_json_and_holds_no_secret(checkpoints: Path, tmp_path: Path) -> None:
    """The server's lines and the service's, from the start to the end; neither keys nor the ids of nodes are in them."""
    log = tmp_path / "log"
    settings = {"LATENTLINK_LOG_FORMAT": "json", "LATENTLINK_API_KEYS": KEY}
    with running_service(checkpoints, log=str(log), **settings) as service:
        score = f"{service.url}/v1/models/small/score?source=a&target=n59"
        for key in (KEY, f"{KEY}2"):
            httpx2.get(score, headers={"Authorization": f"Bearer {key}"})
        service.stop()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["status"] for line in lines if line["logger"] == "latentlink.access"] == [200, 401]
    assert {"uvicorn.error", "latentlink.app.services.stores.catalog"} < {line["logger"] for line in lines}
    assert KEY not in log.read_text()
    assert "n59" not in log.read_text()
