"""The calls of the generated Python client: what they return has its types, and is what `latentlink.Client` is answered."""

import json
from pathlib import Path

from latentlink_api import Client
from latentlink_api.api.neighbors import neighbors
from latentlink_api.api.scores import score, score_pairs
from latentlink_api.api.unseen import unseen
from latentlink_api.models import (
    OnUnknown,
    PredictedNeighbors,
    Problem,
    Score,
    Scores,
    ScoresRequest,
    Unseen,
    UnseenRequest,
)

expected = json.loads(Path("expected.json").read_text())
client = Client(base_url=expected["url"])

one = score.sync("default", client=client, source="alice", target="person10")
assert isinstance(one, Score)
assert (one.model, one.probability, one.known) == (expected["model"], expected["score"], False)

pairs = ScoresRequest(pairs=[["alice", "bob"], ["alice", "person10"], ["alice", "?"]], on_unknown=OnUnknown.NULL)
many = score_pairs.sync("default", client=client, body=pairs)
assert isinstance(many, Scores)
assert many.probability == [*expected["scores"], None]

found = neighbors.sync("default", client=client, node="alice", k=3)
assert isinstance(found, PredictedNeighbors)
assert [neighbor.node for neighbor in found.neighbors] == expected["neighbors"]

query = UnseenRequest(neighbors=["alice", "bob"], targets=["carol"], k=2)
new = unseen.sync("default", client=client, body=query)
assert isinstance(new, Unseen)
assert new.probability == expected["unseen"]
assert [neighbor.node for neighbor in new.neighbors or ()] == expected["unseen_neighbors"]

refused = score.sync("default", client=client, source="alice", target="?")
assert isinstance(refused, Problem)
assert (refused.status, refused.type_) == (404, "/problems/unknown-node")
print("the generated Python client agrees")
