"""Keys of the settings, one a line."""

from pathlib import Path
from typing import Any

import pytest

from latentlink.app.keys.key import SCOPES, Key, Scope, digest_of
from latentlink.app.keys.lines import read_lines
from latentlink.app.keys.ring import KeyRing, read_keys
from latentlink.app.main import create_app
from latentlink.app.settings import Settings
from latentlink.models.errors import DataError


def test_without_keys_a_service_is_open() -> None:
    """No key is configured, and none is required."""
    assert not read_keys(Settings())


@pytest.mark.parametrize("by_file", [False, True])
def test_keys_stand_one_a_line(by_file: bool, tmp_path: Path) -> None:
    """By value or by file, with or without a name, with any line ends and spaces around."""
    given: dict[str, Any] = {"api_keys": " one\r\nalice  two \n", "admin_keys": "three"}
    if by_file:
        for name, content in given.items():
            (tmp_path / name).write_text(content)
        given = {f"{name}_file": tmp_path / name for name in given}
    reading: frozenset[Scope] = frozenset({"read", "write", "metrics"})
    assert read_lines(Settings(**given)) == (
        Key("api-1", (digest_of(b"one"),), reading),
        Key("alice", (digest_of(b"two"),), reading),
        Key("admin-1", (digest_of(b"three"),), frozenset(SCOPES)),
    )


def test_a_key_is_found_by_all_of_its_bytes() -> None:
    """A part of a key, a longer one and none are not found."""
    keys = KeyRing((one := Key("a", (digest_of(b"one"),)), two := Key("b", (digest_of(b"two"),))))
    assert [keys.find(given) for given in (b"one", b"two", b"tw", b"two2", b"", b"\xff")] == [one, two, *[None] * 4]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"api_keys": ""}, "LATENTLINK_API_KEYS:"),
        ({"api_keys": " "}, "LATENTLINK_API_KEYS, line 1:"),
        ({"api_keys": "hidden\n\nhidden2"}, "LATENTLINK_API_KEYS, line 2:"),
        ({"api_keys": "two names hidden"}, "LATENTLINK_API_KEYS, line 1:"),
        ({"api_keys": "# of the hidden\nsecret"}, "LATENTLINK_API_KEYS, line 1: .*comment; every line is a key"),
        ({"api_keys": "hiddén"}, "LATENTLINK_API_KEYS, line 1:"),
        ({"api_keys": "hidden", "api_keys_file": "file"}, "LATENTLINK_API_KEYS, LATENTLINK_API_KEYS_FILE:"),
        ({"api_keys_file": "/nowhere"}, "LATENTLINK_API_KEYS_FILE: .*/nowhere"),
        ({"api_keys_file": ""}, "LATENTLINK_API_KEYS_FILE:"),
        ({"admin_keys": "hidden"}, "LATENTLINK_ADMIN_KEYS: expected LATENTLINK_API_KEYS"),
        ({"api_keys": "a\nhidden", "admin_keys": "hidden"}, "LATENTLINK_ADMIN_KEYS: expected keys of its own"),
        ({"api_keys": "ann a\nann hidden"}, "expected each name once, found 'ann'"),
        ({"api_keys": "admin-1 a", "admin_keys": "hidden"}, "expected each name once, found 'admin-1'"),
        ({"api_keys": "a", "admin_keys": "hidden", "admin_keys_file": "file"}, "LATENTLINK_ADMIN_KEYS_FILE:"),
    ],
)
def test_unsafe_settings_stop_the_service(given: dict[str, Any], named: str) -> None:
    """It does not start; the message names the wrong setting and repeats no key."""
    with pytest.raises(DataError, match=named) as caught:
        create_app(Settings(**given))
    assert "hidden" not in str(caught.value)


def test_a_key_is_shown_nowhere() -> None:
    """Neither the settings nor the keys can be printed by mistake."""
    settings = Settings.model_validate({"api_keys": "hidden", "admin_keys": "secret"})
    shown = f"{settings!r} {settings} {settings.model_dump()} {read_lines(settings)!r} {read_keys(settings)!r}"
    assert "hidden" not in shown
    assert "secret" not in shown


def test_a_line_twice_is_the_first() -> None:
    """The log names that one."""
    found = read_keys(Settings.model_validate({"api_keys": "ann same\nbob same"})).find(b"same")
    assert found is not None
    assert found.name == "ann"
