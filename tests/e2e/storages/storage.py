"""What tests know of an object storage."""

from collections.abc import Callable, Mapping
from typing import NamedTuple


class Storage(NamedTuple):
    """A server that runs.

    Attributes:
        url: of a store in its bucket, which has no model yet.
        environment: of who uses it, as obstore reads it.
        stop: ends it at once.
    """

    url: str
    environment: Mapping[str, str]
    stop: Callable[[], None]


def s3_environment(port: int) -> dict[str, str]:
    """What obstore reads for a server of S3 on this machine."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "something",
    }
