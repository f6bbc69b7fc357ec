"""The file of keys."""

from datetime import UTC, datetime

import pytest

from latentlink.app.keys.file import entry_of, new_secret, parse_keys
from latentlink.app.keys.key import Key, digest_of
from latentlink.models.errors import DataError

HASH = digest_of(b"one").hex()
MINIMAL = f'[ann]\nsha256 = "{HASH}"\nscopes = ["read"]\n'


def test_a_table_is_a_key() -> None:
    """With all fields, and with those alone that it needs; two hashes while a key is replaced."""
    text = f"""
[ann]
sha256 = "{HASH}"
scopes = ["read"]

["nightly.export"]
sha256 = ["{HASH}", "{digest_of(b"two").hex()}"]
scopes = ["read", "write"]
models = ["movies", "test-*"]
rate = 2.5
burst = 10
expires = 2027-01-01T02:00:00+02:00
"""
    ann, nightly = parse_keys("keys.toml", text.encode())
    assert ann == Key("ann", (digest_of(b"one"),), frozenset({"read"}))
    assert nightly == Key(
        "nightly.export",
        (digest_of(b"one"), digest_of(b"two")),
        frozenset({"read", "write"}),
        ("movies", "test-*"),
        *(2.5, 10, datetime(2027, 1, 1, tzinfo=UTC).timestamp()),
    )


def test_a_rate_alone_allows_a_second_s_requests_at_once() -> None:
    """Rounded up: less than one could never be taken."""
    bursts = [parse_keys("", f"{MINIMAL}rate = {rate}".encode())[0].burst for rate in (0.1, 2.5, 20)]
    assert bursts == [1, 3, 20]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "expected at least one key, found none; latentlink new-key"),
        ("[ann", "expected a table for each key in TOML, found: Expected .* at the end of a table"),
        (f"{MINIMAL}{MINIMAL}", "expected a table for each key in TOML, found: .*ann.* twice"),
        ('sha256 = "hidden"', r"expected each field in the table of a key, \[NAME\], found 'sha256' before"),
        ("[ann.export]\nrate = 1", r'write \["ann.export"\] if that is the name'),
        ('["two words"]', "found 'two words' as the name of a key"),
        ("[ann]", r"\[ann\]: sha256: .*; scopes: expected a value, found nothing"),
        ('[ann]\nsha256 = "hidden"\nscopes = ["read"]', r"\[ann\]: sha256: expected 64 digits 0-9a-f"),
        ('[ann]\nsha256 = ["hidden"]\nscopes = ["read"]', r"\[ann\]: sha256: expected 64 digits 0-9a-f"),
        ("[ann]\nsha256 = []", r"\[ann\]: sha256: expected 64 digits 0-9a-f"),
        (
            f'[ann]\nsha256 = "{HASH}"\nscopes = ["reed"]',
            r"scopes.0: expected 'read', 'write', 'metrics' or 'admin', found",
        ),
        (f'[ann]\nsha256 = "{HASH}"\nscopes = []', "scopes: expected at least 1 item"),
        (f"{MINIMAL}models = []", "models: expected at least 1 item"),
        (f"{MINIMAL}rate = 0", "rate: expected a number greater than or equal to 0.000001, found 0"),
        (f'{MINIMAL}rate = "1"', "rate: expected"),
        (f"{MINIMAL}rate = nan", "rate: expected"),
        (f"{MINIMAL}burst = 3", "burst: expected a rate beside burst, found none"),
        (f"{MINIMAL}expires = 2027-01-01T00:00:00", "expires: expected"),
        (f"{MINIMAL}key = 'hidden'", "key: expected no field of this name, found one"),
    ],
)
def test_what_is_no_key_is_named(text: str, named: str) -> None:
    """With the key and the field, and without what could be a secret."""
    with pytest.raises(DataError, match=named) as caught:
        parse_keys("keys.toml", text.encode())
    assert str(caught.value).startswith("keys.toml: ")
    assert "hidden" not in str(caught.value)


def test_text_in_another_encoding_is_refused() -> None:
    """TOML is UTF-8."""
    with pytest.raises(DataError, match="found: no text in UTF-8"):
        parse_keys("keys.toml", b"# \xff")


def test_an_entry_is_read_as_it_was_made() -> None:
    """Fields that were given, in TOML; a name with a dot in quotes; the key itself is not in it."""
    fields = {"scopes": ["write"], "models": ['a"b', "ü*"], "rate": 0.5, "burst": None}
    expires = datetime(2027, 1, 1, tzinfo=UTC)
    entry = entry_of("ci.nightly", "secret", {**fields, "expires": expires})
    [key] = parse_keys("", entry.encode())
    assert key == Key(
        "ci.nightly", (digest_of(b"secret"),), frozenset({"write"}), ('a"b', "ü*"), 0.5, 1, expires.timestamp()
    )
    assert "secret" not in entry


def test_a_new_key_has_256_random_bits() -> None:
    """43 characters of 6 bits, of which the last has 4; no two are equal."""
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(secret.removeprefix("ll_")) for secret in secrets} == {43}
