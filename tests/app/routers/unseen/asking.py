"""Requests for new nodes that several tests share."""

from typing import Any

from tests.support import Client, Response

ROME = {"age": 52.5, "city": "Rome"}
"""Features of a model with a table."""
X = [1.0, 0.0, 2.0] * 4
"""Features of a model of numbers."""
SEVERAL: list[dict[str, Any]] = [
    {"id": "p", "features": X, "neighbors": ["n0", "n5"]},
    {"id": "q", "neighbors": ["n5"]},
    {"id": "r", "features": X},
]


def post(served: Client, model: str, **body: Any) -> Response:
    """Request new nodes of a model."""
    response: Response = served.post(f"/v1/models/{model}/unseen", json=body)
    return response


def ask(served: Client, model: str, **body: Any) -> Any:
    """The answer to a request that is right."""
    response = post(served, model, **body)
    assert response.status_code == 200, response.text
    return response.json()
