"""Variables of object storage that no request can be made of."""

import pytest

from latentlink.models.checkpoint.remote.bucket import open_bucket
from latentlink.models.errors import DataError


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("s3://models", "AWS_ENDPOINT_URL"),
        ("s3://models", "AWS_ENDPOINT"),
        ("az://models", "AZURE_STORAGE_ENDPOINT"),
        ("gs://models", "GOOGLE_BASE_URL"),
    ],
)
@pytest.mark.parametrize("value", ["minio:9000", "", "ftp://minio", "http://minio:99999", "http://mi nio", "http://"])
def test_an_endpoint_is_an_address(monkeypatch: pytest.MonkeyPatch, url: str, name: str, value: str) -> None:
    """The library would end in a crash of its Rust code, or ask another storage."""
    monkeypatch.setenv(name, value)
    with pytest.raises(
        DataError, match=f"^{name}: expected an address .* as http://.*, found '(//)?{value}'; correct it"
    ):
        open_bucket(url)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("s3://models", "AWS_ACCESS_KEY_ID"),
        ("s3://models", "AWS_SECRET_ACCESS_KEY"),
        ("az://models", "AZURE_STORAGE_ACCOUNT_KEY"),
        ("az://models", "AZURE_STORAGE_SAS_TOKEN"),
        ("gs://models", "GOOGLE_BEARER_TOKEN"),
    ],
)
def test_a_value_is_one_line(monkeypatch: pytest.MonkeyPatch, url: str, name: str) -> None:
    """A secret that was read from a file often ends in a line break; the message does not have the secret."""
    monkeypatch.setenv(name, "secret\n")
    with pytest.raises(DataError, match=f"^{name}: expected one line, found a line break") as caught:
        open_bucket(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("value", ["http://user:secret@minio:9000", "secret@minio:9000"])
def test_an_endpoint_has_no_user(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Messages about requests would show the password; this one does not."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", value)
    with pytest.raises(DataError, match=r"^AWS_ENDPOINT_URL: expected an address without a user") as caught:
        open_bucket("s3://models")
    assert "secret" not in str(caught.value)


def test_a_region_is_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library would end in a crash that names no variable."""
    monkeypatch.setenv("AWS_REGION", "us east")
    with pytest.raises(
        DataError, match=r"^AWS_REGION: expected a region such as us-east-1, found 'us east'; correct it"
    ):
        open_bucket("s3://models")


def test_variables_of_another_storage_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor those that are no address by their name alone."""
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", "nowhere")
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://[::1]:9000/path/")
    assert open_bucket("s3://models").url == "s3://models"
