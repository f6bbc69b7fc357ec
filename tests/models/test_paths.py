"""Which texts are URLs, and what stands in the way of a directory."""

from pathlib import Path

import pytest

from latentlink.models.checkpoint.disk.files import reason
from latentlink.models.errors import DataError
from latentlink.models.paths import is_url, local_path, obstacle


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://b/p", True),
        ("S3://b", True),
        ("s3:/b", True),
        ("file:///srv", True),
        ("./s3:/b", False),
        ("/srv/a:/b", False),
        ("a:/b", False),
        ("a b", False),
        ("", False),
    ],
)
def test_a_url_begins_with_a_scheme(text: str, expected: bool) -> None:
    """A scheme of two letters at least, a colon and a slash, which a path can have behind `./` alone."""
    assert is_url(text) == expected


def test_a_url_is_no_path_and_its_password_is_not_repeated() -> None:
    """A path of the same text would make a folder that is named `s3:`."""
    assert local_path("a/b", "--out") == Path("a/b")
    with pytest.raises(DataError, match=r"^--out: expected a path on this machine, found the URL s3://\*\*\*@b/p; "):
        local_path("s3://user:secret@b/p", "--out")
    with pytest.raises(DataError, match=r"found the URL s3:/b; "):
        local_path(Path("s3://b"), "store")


def test_what_stands_in_the_place_of_a_directory_is_named(tmp_path: Path) -> None:
    """A file or a link to nothing, at the path or above it; an OSError about one says so, too."""
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    link = f"the link {tmp_path / 'link'} to {tmp_path / 'nowhere'}, which is not there"
    expected = {"file": f"the file {tmp_path / 'file'}", "file/x/y": f"the file {tmp_path / 'file'}", "link": link}
    assert {path: obstacle(tmp_path / path) for path in expected} == expected
    for path, found in expected.items():
        with pytest.raises(OSError) as error:  # noqa: PT011  # of several classes
            (tmp_path / path).mkdir(parents=True, exist_ok=True)
        assert reason(error.value) == found
    assert obstacle(tmp_path / "new" / "folder") is None
    assert obstacle(tmp_path) is None
