"""Versions come and go under load, and no client notices."""

import asyncio
from pathlib import Path

import httpx2
import pytest

from tests.e2e.service import running_service
from tests.e2e.swapping import Publisher, swap_under_load, wrong_answers
from tests.support import Small

pytestmark = pytest.mark.slow

SWAPS = 20


def test_no_request_fails_while_versions_are_swapped(small: Small, tmp_path: Path) -> None:
    """32 connections, 20 swaps, four corrupt versions: no failure, and every answer wholly of one version.

    `benchmarks/swaps.py` is the long form, with larger models and several workers.
    """
    publisher = Publisher(tmp_path / "store", small)
    publisher.publish()
    with running_service(publisher.store, LATENTLINK_POLL_SECONDS="0.05") as service:
        work = swap_under_load(service.url, publisher, connections=32, swaps=SWAPS, pause=0)
        seen = asyncio.run(work)
        ready = httpx2.get(f"{service.url}/readyz").json()
    assert seen.failures == []
    assert wrong_answers(publisher, seen) == []
    assert {version for version, _, _ in seen.answers} == set(publisher.vectors)
    assert len(publisher.vectors) == SWAPS + 1
    assert (ready["models"], ready["degraded"]) == ({"small": max(publisher.vectors)}, {})
