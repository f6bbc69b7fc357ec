"""Make the golden files of format version 2, once: `python -m tests.golden.record`.

The VGAE of `format-1` is trained again, with all parts, on the same graph. The service over the new checkpoint gets the
requests that `format-1` has for that model, and those of `PARTS`.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from latentlink.models.checkpoint import store
from latentlink.models.config import PARTS as NAMES
from latentlink.models.publishing.export import export
from latentlink.models.training.protocol import train
from latentlink.models.training.replay import config_of, graph_of
from tests.support import Client, serving

HOME = Path(__file__).parent
MODEL = "/v1/models/vgae"
SEED = 7  # no part has the weight 0, and some columns have negative ones
PARTS: list[dict[str, Any]] = [
    {"method": "GET", "path": f"{MODEL}/embedding?node=alice&role=source&parts=all", "body": None},
    {"method": "GET", "path": f"{MODEL}/embeddings?role=target&parts=all", "body": None},
    {
        "method": "POST",
        "path": f"{MODEL}/unseen",
        "body": {"neighbors": ["alice", "bob"], "targets": ["carol"], "include": ["explanation"]},
    },
]
"""Requests for what only a model with parts answers."""


def make_checkpoint(old: Path, new: Path) -> None:
    """Train the VGAE of the store `old` again with all parts, and publish it in the store `new`."""
    kept = store.find(old, "vgae")
    graph = replace(graph_of(kept), preprocessing=kept.preprocessing)
    config = config_of(kept).model_copy(update={"parts": ",".join(NAMES), "seed": SEED})
    export(new, "vgae", graph, config, train(graph, config))


def answered(client: Client, request: dict[str, Any]) -> dict[str, Any]:
    """The request with the status and the body of its answer."""
    answer = client.request(
        request["method"], request["path"], json=request["body"], headers={"x-request-id": "golden"}
    )
    return {**request, "status": answer.status_code, "answer": answer.json()}


def main() -> None:
    """Write `format-2`, which must not be there yet."""
    old, new = HOME / "format-1", HOME / "format-2"
    new.mkdir()
    make_checkpoint(old / "checkpoints", new / "checkpoints")
    kept = json.loads((old / "answers.json").read_text("utf-8"))
    own = [{name: one[name] for name in ("method", "path", "body")} for one in kept if one["path"].startswith(MODEL)]
    with serving(new / "checkpoints", poll_seconds=3600) as client:
        answers = [answered(client, request) for request in own + PARTS]
    (new / "answers.json").write_text(json.dumps(answers, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
