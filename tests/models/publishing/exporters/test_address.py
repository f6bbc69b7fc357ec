"""Addresses of targets, before any library sees them."""

from pathlib import Path

import pytest

from latentlink.models.errors import DataError
from latentlink.models.publishing.exporters.address import Kinds, read_address, read_folder

FOLDER = Kinds("a folder")
SERVER = Kinds("a folder that ends with .db, or a URL", suffix=".db", secret="TOKEN")


@pytest.mark.parametrize(
    "at",
    [
        "http://localhost",
        "https://a-b.example.org:6333/prefix/",
        "HTTP://10.0.0.1:1",
        "http://[::1]:65535",
        "http://ä.org",
    ],
)
def test_a_server_s_url_is_taken_as_it_is(at: str) -> None:
    """Over HTTP, with a port or without, by name or number."""
    assert read_address(at, SERVER) == at


def test_a_folder_need_not_be_there(tmp_path: Path) -> None:
    """It may have blanks and any letters."""
    assert read_address(str(tmp_path / "ü b" / "x.db"), SERVER) == tmp_path / "ü b" / "x.db"
    assert read_folder("./s3:/x", FOLDER) == Path("s3:/x")


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("", "nothing;"),
        (" ", "blanks;"),
        ("a\0.db", "a text with NUL;"),
        ("folder", "the path 'folder'; name one such as vectors.db"),
        ("s3://b/p.db", "the URL 's3://b/p.db';"),
        ("ftp://x", "the URL 'ftp://x';"),
        ("file:///srv/x.db", "the URL 'file:///srv/x.db';"),
        ("http://", "the URL 'http://';"),
        ("http://a b", "the URL 'http://a b';"),
        ("http://a:1?key=secret", "the URL 'http://a:1?***';"),
        ("http://[::1", "the URL 'http://[::1';"),
        ("http://[zz]:1", "the URL 'http://[zz]:1';"),
        ("http://u:secret@a:1", "a URL with a user or a password; leave them out, and set TOKEN"),
        ("http://u:sec/ret@a", "a URL with a user or a password;"),
        *(
            (f"http://a:{port}", f"the port '{port}'; take one from 1 to 65535")
            for port in ("0", "70000", "abc", "", "-1")
        ),
    ],
)
def test_an_address_of_no_kind_is_refused(at: str, found: str) -> None:
    """The message has what was expected and found, and neither a password nor a query."""
    with pytest.raises(DataError) as error:
        read_address(at, SERVER)
    assert str(error.value).startswith(f"--at: expected {SERVER.expected}, found {found}")
    assert "sec" not in str(error.value)


@pytest.mark.parametrize("at", ["s3://b/p", "s3:/b", "http://localhost:6333", "file:///srv"])
def test_a_url_is_no_folder(at: str) -> None:
    """An engine without a server refuses every URL."""
    with pytest.raises(
        DataError, match=f"^--at: expected a folder, found the URL '{at}'; name a folder of this machine"
    ):
        read_address(at, FOLDER)


def test_what_is_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    """A file or a link to nothing, also where it is the folder above."""
    (tmp_path / "file.db").write_text("")
    (tmp_path / "link.db").symlink_to("nowhere")
    for at, found in (("file.db", "the file "), ("file.db/x.db", "the file "), ("link.db", "the link ")):
        with pytest.raises(DataError, match=f"found {found}{tmp_path}/{at[:7]}"):
            read_address(str(tmp_path / at), SERVER)
