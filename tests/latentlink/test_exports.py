"""The names that `latentlink` exports."""

import latentlink
from latentlink import client


def test_the_package_exports_the_client_whole() -> None:
    """Both lists of names are equal, each name is the client's own object, and `dir` shows it."""
    assert latentlink.__all__ == client.__all__
    assert all(getattr(latentlink, name) is getattr(client, name) for name in client.__all__)
    assert set(client.__all__) < set(dir(latentlink))
