"""All keys of a service, and the file that changes below it."""

import logging
from pathlib import Path
from typing import Any

import pytest

from latentlink.app.keys.file import entry_of
from latentlink.app.keys.key import Key, digest_of
from latentlink.app.keys.ring import KeyRing
from latentlink.models.errors import DataError


def entry(name: str, secret: str, **fields: Any) -> str:
    """The table of a key that reads."""
    return entry_of(name, secret, {"scopes": ["read"], **fields})


def names(ring: KeyRing, *secrets: str) -> list[str | None]:
    """Whose these are."""
    found = (ring.find(secret.encode()) for secret in secrets)
    return [None if key is None else key.name for key in found]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of one key."""
    path = tmp_path / "keys.toml"
    path.write_text(entry("ann", "one"), "utf-8")
    return path


def test_a_change_of_the_file_is_taken_over(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """New keys open, old ones no longer; the audit log names them."""
    ring = KeyRing((Key("fixed", (digest_of(b"zero"),)),), file)
    assert names(ring, "zero", "one", "two") == ["fixed", "ann", None]
    file.write_text(entry("bob", "two") + entry("ann", "three"), "utf-8")
    with caplog.at_level(logging.INFO, "latentlink.audit"):
        ring.refresh()
        ring.refresh()
    assert names(ring, "zero", "one", "two", "three") == ["fixed", None, "bob", "ann"]
    [record] = caplog.records
    fields = {"action": "keys", "key": None, "result": "done", "added": ["bob"], "removed": [], "changed": ["ann"]}
    assert vars(record)["fields"] == fields


@pytest.mark.parametrize("content", ["", "[ann", None])
def test_a_broken_file_keeps_the_earlier_keys(
    file: Path, content: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Empty, torn or gone: the reason is logged once, and shown until the file is whole again."""
    ring, whole = KeyRing((), file), file.read_text("utf-8")
    file.unlink() if content is None else file.write_text(content, "utf-8")
    ring.refresh()
    ring.refresh()
    assert names(ring, "one") == ["ann"]
    assert list(ring.degraded()) == ["LATENTLINK_KEYS_FILE"]
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 1
    file.write_text(whole, "utf-8")
    ring.refresh()
    assert (names(ring, "one"), ring.degraded()) == (["ann"], {})


def test_a_bucket_outlives_a_change_of_other_keys(file: Path) -> None:
    """Another key's change gives nobody new tokens; another rate does."""
    file.write_text(entry("ann", "one", rate=1), "utf-8")
    ring = KeyRing((), file)

    def bucket() -> Any:
        key = ring.find(b"one")
        assert key is not None
        return ring.bucket(key)

    first = bucket()
    file.write_text(entry("ann", "one", rate=1) + entry("bob", "two"), "utf-8")
    ring.refresh()
    assert bucket() is first
    file.write_text(entry("ann", "one", rate=2), "utf-8")
    ring.refresh()
    assert bucket().rate == 2


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (entry("fixed", "one"), "found 'fixed'"),
        (entry("ann", "zero"), "the same of 'fixed' and 'ann'"),
        (entry("ann", "one") + entry("bob", "one"), "the same of 'ann' and 'bob'"),
    ],
)
def test_names_and_hashes_are_those_of_one_key(tmp_path: Path, content: str, named: str) -> None:
    """Two keys of a name would share jobs, and one of two names would have two rights."""
    (tmp_path / "keys.toml").write_text(content, "utf-8")
    with pytest.raises(DataError, match=f"LATENTLINK_KEYS_FILE, .*{named}"):
        KeyRing((Key("fixed", (digest_of(b"zero"),)),), tmp_path / "keys.toml")
