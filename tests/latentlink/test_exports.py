"""The names that `latentlink` exports."""

import latentlink
from latentlink import client


def test_the_package_exports_the_client_whole() -> None:
    """Each of its names is there, is the client's own object, and `dir` shows it."""
    assert set(client.__all__) < set(latentlink.__all__)
    assert all(getattr(latentlink, name) is getattr(client, name) for name in client.__all__)
    assert set(client.__all__) < set(dir(latentlink))


def test_every_name_is_there() -> None:
    """Also those that are imported on first use."""
    assert all(callable(getattr(latentlink, name)) for name in latentlink.__all__)
