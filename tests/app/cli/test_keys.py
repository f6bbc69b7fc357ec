"""`latentlink new-key` and `list-keys`."""

from pathlib import Path

import pytest

from latentlink.app.keys.key import digest_of
from latentlink.app.keys.ring import KeyRing
from tests.app.cli.conftest import Command


def test_a_new_key_opens_and_is_stored_nowhere(latentlink: Command, tmp_path: Path) -> None:
    """Its entry goes behind the others into a file for its owner alone, which has the hash and not the key."""
    file = tmp_path / "keys.toml"
    options = ("--scope", "read", "--scope", "write", "--model", "movies", "--rate", "20", "--days", "30")
    outcomes = [latentlink("new-key", "ann"), latentlink("new-key", "ci.nightly", *options)]
    secrets = [outcome.out.strip() for outcome in outcomes]
    assert [(outcome.code, outcome.err) for outcome in outcomes] == [(0, "")] * 2
    ring, text = KeyRing((), file), file.read_text("utf-8")
    found = [ring.find(secret.encode()) for secret in secrets]
    assert [key and key.name for key in found] == ["ann", "ci.nightly"]
    assert not any(secret in text for secret in secrets)
    assert digest_of(secrets[0].encode()).hex() in text
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if "keys" in path.name] == ["keys.toml"]


def test_keys_are_listed(latentlink: Command) -> None:
    """One a line, with the rights of each."""
    latentlink("new-key", "ann")
    latentlink("new-key", "bob", "--scope", "admin", "--model", "a*", "--model", "b", "--rate", "0.5", "--burst", "9")
    latentlink("new-key", "cid", "--days", "1")
    lines = latentlink("list-keys").out.splitlines()
    assert lines[:2] == [
        "ann: read; all models; no limit; expires never",
        "bob: admin; a*, b; 0.5 a second, 9 at once; expires never",
    ]
    assert lines[2].startswith("cid: read; all models; no limit; expires 2")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("ann",), "NAME: expected one that is not in keys.toml, found 'ann'"),
        (("two words",), "new-key: expected names of up to 64 letters"),
        (
            ("bob", "--scope", "reed"),
            "new-key: [bob]: scopes.0: expected 'read', 'write', 'metrics' or 'admin', found 'reed'",
        ),
        (("bob", "--rate", "0"), "new-key: [bob]: rate: expected a number greater than or equal to 0.000001"),
        (("bob", "--rate", "nan"), "new-key: [bob]: rate: expected a number less than or equal to 1000000, found NaN"),
        (("bob", "--rate", "inf"), "new-key: [bob]: rate: expected a number less than or equal to 1000000, found Inf"),
        (("bob", "--burst", "3"), "new-key: [bob]: burst: expected a rate beside burst"),
        (("bob", "--file", "nowhere/keys.toml"), "--file: expected a file to write to, found nowhere/keys.toml"),
        (("bob", "--file", "ring.csv"), "ring.csv: expected a table for each key in TOML"),
    ],
)
def test_what_is_no_key_is_refused(
    latentlink: Command, arguments: tuple[str, ...], reason: str, tmp_path: Path
) -> None:
    """By one message, and the file stays as it is."""
    latentlink("new-key", "ann")
    before = (tmp_path / "keys.toml").read_bytes()
    code, out, err = latentlink("new-key", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {reason}")
    assert (tmp_path / "keys.toml").read_bytes() == before


def test_a_file_that_is_not_there_is_named(latentlink: Command) -> None:
    """Nothing to list."""
    assert "keys.toml: expected a readable file of keys" in latentlink("list-keys").err
