"""Errors of the library in words: what the storage said, without what differs from request to request, and what to do."""

import html
import re
from typing import NamedTuple

from obstore.exceptions import BaseError

_TIMES = re.compile(
    r"(Error performing [A-Z]+ \S+) in [\d.]+(?:ns|µs|ms|s)\b(?:, after \d+ retries.*?retry_timeout: \w+)?"
)
_REQUEST = re.compile(r".*Error performing ([A-Z]+ [^\s?]+)\S*\s+-\s+(?:Server returned non-2xx status code: )?(.*)")
_XML = re.compile(r"\ufeff?<(?:\?xml|Error\b).*?<Code>([^<]*)</Code>(?:.*?<Message>([^<]*))?.*")
_NUMBERS = re.compile(r"\s*(RequestId|Trace ID):.*")  # of the request and its time, in the words of Azure
_CAUSE = re.compile(r'(?:error|message): "([^"]+)"')
_LONGEST = 300  # characters

_NO_PLACE = re.compile(r"NoSuchBucket|ContainerNotFound|specified (bucket|container) does not exist")
_NO_IDENTITY = re.compile(r"//(169\.254\.\d+\.\d+|metadata\.google\.internal)")
_REFUSED = re.compile(r"status code: 40[13]\b")
_UNSENT = "error sending request"


class _Storage(NamedTuple):
    """What a storage calls its buckets, and its variables of the credentials and of the address."""

    place: str
    credentials: str
    address: str


_STORAGES = {
    "s3": _Storage("bucket", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"),
    "gs": _Storage("bucket", "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_BASE_URL"),
    "az": _Storage("container", "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ENDPOINT"),
}


def is_of_library(error: BaseException) -> bool:
    """Whether the library raised it; a crash of its Rust code, as by a header of two lines, is of a class that no module has."""
    return isinstance(error, BaseError | OSError | ValueError) or type(error).__name__ == "PanicException"


def is_without_place(error: BaseException) -> bool:
    """Whether there is no such bucket or container; the library says only that there is no such object."""
    return _NO_PLACE.search(str(error)) is not None


def reason(error: BaseException, url: str) -> str:
    """What was asked and answered, and what to do; the same trouble has the same words."""
    told, _, source = str(error).partition("\n\nDebug source")
    text = _TIMES.sub(r"\1", " ".join(told.split()))
    short = _NUMBERS.sub("", _XML.sub(_code_and_message, _REQUEST.sub(r"\1: \2", text)))
    if _UNSENT in text and (causes := _CAUSE.findall(source)):
        short = f"{short}: {causes[-1]}"
    short = short.rstrip(". ") if len(short) <= _LONGEST else f"{short[:_LONGEST]}..."
    return f"{short}{_advice(text, url)}"


def _code_and_message(found: re.Match[str]) -> str:
    return html.unescape(": ".join(part for part in found.groups() if part))


def _advice(text: str, url: str) -> str:
    scheme, _, place = url.partition("://")
    storage = _STORAGES.get(scheme)
    if storage is None:
        return ""
    if _NO_PLACE.search(text):
        return f"; make the {storage.place} {place.partition('/')[0]}, or correct the URL"
    if _NO_IDENTITY.search(text):
        return f"; the machine has no identity: set {storage.credentials}"
    if _REFUSED.search(text):
        return f"; check {storage.credentials}, and what they may do"
    if _UNSENT in text:
        return f"; check the network and {storage.address}"
    return ""
