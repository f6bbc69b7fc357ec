"""What messages say of the errors of storages, whose words are recorded from Azurite, a server of S3, and refused connections."""

import pytest
from obstore.exceptions import GenericError

from latentlink.models.checkpoint.remote.reasons import is_of_library, is_without_place, reason

LIST = (
    "Generic S3 error: Error performing list request: Error performing GET http://a:9000/nosuch?list-type=2&prefix=p%2F"
)
XML = '<?xml version="1.0"?>\n<Error>\n  <Code>{}</Code>\n  <Message>{}</Message>\n<RequestId>17</RequestId></Error>'


def refused(status: str, code: str, message: str) -> GenericError:
    """An answer with a status and an error in XML."""
    answer = f"Server returned non-2xx status code: {status}: {XML.format(code, message)}"
    return GenericError(f"{LIST} in 870.15ms - {answer}\n\nDebug source:\nGeneric {{ … }}")


def unsent(source: str) -> GenericError:
    """A request that came nowhere, for a reason that only the debug source has."""
    return GenericError(
        f'{LIST} in 3ms - HTTP error: error sending request\n\nDebug source:\nX {{ {source}: "it\'s away" }}'
    )


@pytest.mark.parametrize(
    ("error", "url", "told"),
    [
        (
            refused("404 Not Found", "NoSuchBucket", "The specified bucket does not exist"),
            "s3://nosuch/p",
            "404 Not Found: NoSuchBucket: The specified bucket does not exist; make the bucket nosuch, or correct the URL",
        ),
        (
            refused("404 Not Found", "ContainerNotFound", "The container does not exist.\nRequestId:1\nTime:2"),
            "az://nosuch",
            "404 Not Found: ContainerNotFound: The container does not exist; make the container nosuch, or correct the URL",
        ),
        (
            refused("403 Forbidden", "AccessDenied", "Access denied."),
            "gs://nosuch/p",
            "403 Forbidden: AccessDenied: Access denied; check GOOGLE_APPLICATION_CREDENTIALS, and what they may do",
        ),
        (
            unsent("message"),
            "s3://nosuch/p",
            "HTTP error: error sending request: it's away; check the network and AWS_ENDPOINT_URL",
        ),
        (
            unsent("error"),
            "az://nosuch/p",
            "HTTP error: error sending request: it's away; check the network and AZURE_STORAGE_ENDPOINT",
        ),
        (
            refused("500 Internal Server Error", "InternalError", "Try again in 30s, &quot;please&quot;"),
            "s3://nosuch/p",
            '500 Internal Server Error: InternalError: Try again in 30s, "please"',
        ),
    ],
)
def test_a_refusal_is_told_in_the_storage_s_words_with_what_to_do(error: Exception, url: str, told: str) -> None:
    """The request without its query, the status, the code and the message; then the bucket, the variables or the network."""
    assert reason(error, url) == f"GET http://a:9000/nosuch: {told}"


def test_a_machine_without_identity_is_told_which_variables_to_set() -> None:
    """The library asks the cloud's metadata for one where the environment has none."""
    error = GenericError(
        "Generic S3 error: Error performing PUT http://169.254.169.254/latest/api/token in 5s - timeout"
    )
    assert reason(error, "s3://models").endswith("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("Server returned non-2xx status code: 401 Unauthorized: invalid_client", "check AZURE_STORAGE_ACCOUNT_NAME"),
        ("HTTP error: error sending request", "check the network"),
    ],
)
def test_a_token_that_is_not_given_is_not_a_missing_identity(answer: str, told: str) -> None:
    """There are credentials: they are wrong, or nobody answered."""
    request = "Error performing token request: Error performing POST http://a/token in 1ms"
    assert f"; {told}" in reason(GenericError(f"Generic Azure error: {request} - {answer}"), "az://models")


def test_the_same_trouble_has_the_same_message() -> None:
    """The library adds how long it took, by which a log would fill and a report change at each look."""
    message = "Error performing GET http://a/b in {}, after 5 retries, max_retries: 5, retry_timeout: 120s - HTTP error"
    reasons = {
        reason(OSError(f"{message.format(took)}\n\nDebug source: …"), "memory://models")
        for took in ("870.15ms", "1.2s", "9µs")
    }
    assert reasons == {"GET http://a/b: HTTP error"}


def test_a_long_answer_is_cut() -> None:
    """A page of HTML by a proxy does not fill the log."""
    assert reason(OSError("x" * 1000), "s3://models") == "x" * 300 + "..."


def test_a_missing_bucket_is_not_a_missing_object() -> None:
    """The library raises the same error for both."""
    assert is_without_place(FileNotFoundError(XML.format("NoSuchBucket", "")))
    assert not is_without_place(FileNotFoundError(XML.format("NoSuchKey", "The specified key does not exist")))


def test_what_the_library_s_rust_did_not_expect_is_its_error() -> None:
    """It is no `Exception`, and no module has its class."""
    panic = type("PanicException", (BaseException,), {})
    assert is_of_library(panic("InvalidHeaderValue"))
    assert not is_of_library(KeyboardInterrupt())
