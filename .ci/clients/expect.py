"""What `latentlink.Client` is answered, for the generated clients to agree with; and the document that they are made of."""

import json
import sys
from pathlib import Path
from urllib.request import urlopen

from latentlink import Client

_, url = sys.argv
with Client(url, retries=9) as client:
    unseen = client.unseen({"neighbors": ["alice", "bob"], "targets": ["carol"]}, k=2)
    expected = {
        "url": url,
        "model": client.models()[0]["name"],
        "score": client.score("alice", "person10").probability,
        "scores": client.scores([("alice", "bob"), ("alice", "person10")]).probability.tolist(),
        "neighbors": [neighbor.node for neighbor in client.neighbors("alice", k=3)],
        "unseen": [] if unseen.probability is None else unseen.probability.tolist(),
        "unseen_neighbors": [neighbor.node for neighbor in unseen.neighbors or ()],
    }
Path("expected.json").write_text(json.dumps(expected))
with urlopen(f"{url}/openapi.json") as answer:
    Path("openapi.json").write_bytes(answer.read())
