"""How the ranks of one start find each other: a store of addresses that no earlier start has written to."""

import os
import secrets
import time
from datetime import timedelta
from typing import NamedTuple

from torch.distributed import Store, TCPStore, rendezvous  # type: ignore[attr-defined] # public, but not in its `__all__`

from latentlink.models.training.launch import Launch

TO_MEET = timedelta(minutes=10)
_KEY = "latentlink"
_TO_CONNECT = timedelta(seconds=5)


class Meeting(NamedTuple):
    """Where ranks meet.

    Attributes:
        store: of this start, which rank 0 holds.
        launcher: that of the launcher. Without one rank 0 holds it, too: it must be there until the last rank has read it.
    """

    store: Store
    launcher: Store


def meet(launch: Launch) -> Meeting:
    """The stores by which the ranks of this start find each other.

    The launcher's own store is not enough: where torchrun starts ranks again, it still has the addresses of those that are gone,
    and a rank that is quick reads them. So that store has one address alone, and a rank that finds nobody there reads it again.

    Raises:
        RuntimeError: the others were not found.
    """
    launcher, *_ = next(iter(rendezvous("env://", timeout=TO_MEET)))
    host = os.environ["MASTER_ADDR"]
    if launch.rank == 0:
        store, token = (
            TCPStore(host, 0, is_master=True, wait_for_workers=False, timeout=TO_MEET),
            secrets.token_hex(8),
        )
        store.set(_KEY, token)
        launcher.set(_KEY, f"{store.port} {token}")
        return Meeting(store, launcher)
    until = time.monotonic() + TO_MEET.total_seconds()
    while True:
        port, token = launcher.get(_KEY).decode().split()
        try:
            store = TCPStore(host, int(port), is_master=False, wait_for_workers=False, timeout=_TO_CONNECT)
            if store.get(_KEY).decode() == token:
                store.set_timeout(TO_MEET)
                return Meeting(store, launcher)
        except RuntimeError:
            if time.monotonic() > until:
                raise
        time.sleep(0.1)
