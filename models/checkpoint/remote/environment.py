"""Variables that the library of object storage would take as they are, and then fail on without naming them."""

import os
import re
from urllib.parse import urlsplit

from latentlink.models.errors import DataError
from latentlink.models.wording import shortened, without_secrets

_PREFIXES = {"s3": "AWS_", "gs": "GOOGLE_", "az": "AZUR"}
_ADDRESS = re.compile(r"AWS_ENDPOINT(_URL(_S3)?)?|AZURE_(STORAGE_)?ENDPOINT|AZURITE_BLOB_STORAGE_URL|GOOGLE_BASE_URL")
_IN_HEADERS = re.compile(r"AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|AZURE_STORAGE_\w+|GOOGLE_BEARER_TOKEN")
_REGION, _NAME = re.compile(r"AWS_(DEFAULT_)?REGION"), re.compile(r"[\w-]*", re.ASCII)
_SEVERAL_LINES = re.compile(r"[\x00-\x1f\x7f]")


def require_usable(url: str) -> None:
    """Refuse what no request can be made of.

    Raises:
        DataError: a variable of the URL's storage has a line break, or no address or region where it needs one. A value that may
            be a secret is not in the message.
    """
    prefix = _PREFIXES[url.partition(":")[0]]
    for name, value in sorted(os.environ.items()):
        if name.startswith(prefix):
            if _ADDRESS.fullmatch(name) and not _is_address(value):
                raise DataError(
                    f"{name}: expected an address without a user, such as http://minio.example.org:9000, "
                    f"found {shortened(without_secrets(value if '//' in value else f'//{value}'))!r}; correct it, or unset it"
                )
            if _REGION.fullmatch(name) and not _NAME.fullmatch(value):
                raise DataError(f"{name}: expected a region such as us-east-1, found {shortened(value)!r}; correct it")
            if _IN_HEADERS.fullmatch(name) and _SEVERAL_LINES.search(value):
                raise DataError(
                    f"{name}: expected one line, found a line break or another control character; take it out, "
                    "often it is the end of the file that the value was read from"
                )


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and parts.username is None
            and not re.search(r"\s", text)
        )
    except ValueError:  # a port that is none
        return False
