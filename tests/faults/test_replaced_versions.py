"""Replaced versions are closed when the last request on them ends, without help of the garbage collector."""

import gc
import json
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.trained import publish_trained
from tests.contracts.operations import WITH_MODEL, Operation
from tests.support import Client, serving


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Only counts of references free memory."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("kind", ["weighted", "gcn"])
def test_a_replaced_version_is_unmapped(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After answers and refusals of every route, searches that were answered together among them."""
    monkeypatch.setattr(
        "latentlink.app.services.search.searcher._GLANCE_CELLS", 0
    )  # no graph is too small for a scan in a thread
    old = publish_trained(tmp_path, kind, "model").path
    with serving(tmp_path, poll_seconds=3600) as client:
        _ask_everything(client)
        store = client.app.state.service.store  # type: ignore[attr-defined]
        checkpoint = weakref.ref(store.get("model").checkpoint)
        assert str(old) in Path("/proc/self/maps").read_text()
        publish_trained(tmp_path, kind, "model")
        store.refresh()
        assert checkpoint() is None
        assert str(old) not in Path("/proc/self/maps").read_text()


def _ask_everything(client: Client) -> None:
    for operation in WITH_MODEL:
        _ask(client, operation, "n1", "n2")
        _ask(client, operation, "nobody", "n2")


def _ask(client: Client, operation: Operation, one: str, other: str) -> None:
    """A request as documented, of these nodes; whether it is answered or refused."""
    names = {"a": one, "b": other}
    query = {name: names.get(value, value) for name, value in operation.query().items()}
    operation.ask(client, model="model", params=query, **_body(operation, names))


def _body(operation: Operation, names: dict[str, str]) -> dict[str, object]:
    if operation.body is None:
        return {}
    text = json.dumps(operation.example)
    for name, new in names.items():
        text = text.replace(f'"{name}"', f'"{new}"')
    return {"json": json.loads(text)}
