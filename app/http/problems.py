"""The kinds of RFC 9457 problems: the one table of their statuses, slugs, titles and texts.

Answers (`problem_answers`), `/problems/{slug}`, `/openapi.json` and the documentation read it. Errors know nothing of HTTP:
`SLUGS` assigns a kind to each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from latentlink.app import errors


@dataclass(frozen=True)
class Problem:
    """A kind of problem.

    Attributes:
        status: of the answer.
        slug: the last part of its type, `/problems/{slug}`.
        title: the `title` of the answer.
        meaning: the cause, in sentences.
        advice: the remedy, in sentences.
        example: an example of the `detail` of an answer.
        members: examples of members that only this kind has; any JSON.
    """

    status: int
    slug: str
    title: str
    meaning: str
    advice: str
    example: str
    members: Mapping[str, object] = field(default_factory=dict, hash=False)


_ALL = (
    Problem(
        *(400, "malformed-body", "The body can't be decoded"),
        "The body is not JSON in UTF-8, not a whole Arrow stream, or not the gzip that its Content-Encoding names.",
        "Write the body with a library of JSON or of Arrow. A lone surrogate (\\ud800) is not a character.",
        "body: expected JSON in UTF-8, found EOF while parsing an object at line 1 column 1",
    ),
    Problem(
        *(400, "malformed-query", "The query can't be decoded"),
        "The percent-escapes of the query are not UTF-8, or its `filter` is no JSON.",
        "Escape the UTF-8 of a value, as URL libraries do: é is %C3%A9, not %E9. Write a filter with a JSON library.",
        "query: expected percent-encoded UTF-8, found 'utf-8' codec can't decode byte 0xe9 in position 5: unexpected end of data",
    ),
    Problem(
        *(400, "malformed-request", "The request can't be parsed"),
        "The bytes are no HTTP request: most often the address holds a space or another character that must be escaped.",
        "Let the program escape values: `curl --get --data-urlencode 'node=Tom Hanks'`, `params` in Python, `URLSearchParams` in "
        "JavaScript.",
        "request: expected HTTP/1.1 with a percent-encoded address, found bytes that can't be parsed",
    ),
    Problem(
        *(401, "authentication-required", "An API key is needed"),
        "The service requires an API key. The request had none, or an unknown one; `WWW-Authenticate` names the scheme.",
        "Send the header `Authorization: Bearer KEY`; the operator of the service issues keys.",
        "Authorization: expected Bearer and a key, found none",
    ),
    Problem(
        *(403, "forbidden", "The key does not allow this"),
        "The key is known, but lacks the scope of the request, `read`, `write`, `metrics` or `admin`, or its models don't "
        "include this one.",
        "Use another key: `detail` names what it must have. The operator of the service sets scopes and models.",
        "Authorization: expected a key with the scope admin, found key 'alice' with read, write",
    ),
    Problem(
        *(404, "unknown-job", "No such job"),
        "The key has asked for no job of this id, or the job was deleted, or its time has passed.",
        "`GET /v1/jobs` lists the jobs of the key; `POST /v1/models/{model}/links:search` starts one.",
        "job: expected the id of a job of this key, found '0123'; GET /v1/jobs lists them",
    ),
    Problem(
        *(404, "unknown-model", "No such model or version"),
        "The service has no model of this name, or the model has no such version; `detail` names similar models, or the newest "
        "versions of the model.",
        "`GET /v1/models` lists the models and the `published` versions of each. A name alone means the current version.",
        "model: expected the name of a model, such as papers, found 'paper'; GET /v1/models lists them",
    ),
    Problem(
        *(404, "unknown-node", "No such node"),
        "The model was trained on a graph without some of the ids. Ids are compared exactly: case, spaces, and composed and "
        "decomposed accents differ.",
        "`unknown` lists the first 20 of them, each with up to three similar known ids; with `types`, if nodes of these have it, "
        "but none of the type in the request. "
        '`GET /v1/models/{model}/nodes?prefix=` completes ids. In a batch, `"on_unknown": "null"` puts null in their places.',
        "nodes: expected ids that the model knows, found 'Tom Hnaks'",
        {"unknown": [{"node": "Tom Hnaks", "closest": ["Tom Hanks", "Tom Hardy"]}]},
    ),
    Problem(
        *(404, "not-found", "No such path"),
        "The service has nothing at this path.",
        "`/docs` lists every path. Node ids belong in the query or the body, not in the path.",
        "path: expected one that /openapi.json lists, found /v1/model",
    ),
    Problem(
        *(405, "method-not-allowed", "The path does not take this method"),
        "The path exists, but not with this method.",
        "The header `Allow` lists the methods of the path: GET for one node or pair, POST for many.",
        "method of /v1/models/papers/score: expected GET, found POST",
    ),
    Problem(
        *(406, "not-acceptable", "None of the requested formats is available"),
        "`Accept` names none of the formats of this route.",
        "Accept application/json, which every route sends, or another format that `detail` lists; or leave `Accept` out.",
        "Accept: expected one of application/json, application/vnd.apache.arrow.stream, application/x-ndjson, found 'text/csv'",
    ),
    Problem(
        *(409, "ambiguous-model", "Several models, none of them the default"),
        "`default` could mean several models.",
        "Name the model in the path; or set LATENTLINK_DEFAULT_MODEL where the service runs.",
        "model: expected one model or LATENTLINK_DEFAULT_MODEL, found movies, papers",
    ),
    Problem(
        *(409, "ambiguous-node", "Nodes of several types have the id"),
        "In a typed model ids are unique within a type, and nodes of several types have some of those in the request. "
        "`ambiguous` lists the first 20 of them with their types and the `parameter` that names the type.",
        "Name the type in that parameter.",
        "nodes: expected ids that one type has, or their type, found '1' of types 'user', 'film'; pass its type as source_type",
        {"ambiguous": [{"node": "1", "types": ["user", "film"], "parameter": "source_type"}]},
    ),
    Problem(
        *(409, "conflict", "The request can't be met"),
        "The version to activate is damaged, or another activation has not ended.",
        "`detail` names the field or the file. `latentlink inspect` shows what is wrong with a version: restore it, or train "
        "again; the version that was served before still is.",
        "embeddings.safetensors: expected 4,096 bytes, found 0; restore it, or train again",
    ),
    Problem(
        *(409, "job-not-finished", "The job has no result"),
        "The job waits, is running, or failed: there is no result, or not yet.",
        "`GET /v1/jobs/{job}` shows its state, and why it failed; ask for the result again when it has succeeded.",
        "job 0123456789abcdef: expected one that has succeeded, found one that is running",
    ),
    Problem(
        *(409, "jobs-off", "The service runs no jobs"),
        "The service has no directory of jobs.",
        "Set `LATENTLINK_JOBS` to a directory where the service runs; or run `latentlink predict` beside the checkpoints.",
        "jobs: expected LATENTLINK_JOBS where the service runs, found it unset; set it, or run latentlink predict",
    ),
    Problem(
        *(409, "read-only-store", "The directory of checkpoints can't be written to"),
        "The service may not write to the directory of checkpoints, so it can't move CURRENT.",
        "Run `latentlink activate` where the directory can be written to; the service notices the change.",
        "checkpoints/papers: expected a directory that can be written to, found a read-only file system",
    ),
    Problem(
        *(409, "unsupported-by-model", "The model can't answer this"),
        "Models of this kind can't answer this, or the checkpoint lacks data that the answer needs, such as features, a map or a "
        "calibration.",
        "`detail` names what is missing; `GET /v1/models/{model}` shows the model's kind and its training data.",
        "model: expected stored features, found none; train without --no-store-features for this request",
    ),
    Problem(
        *(413, "too-large", "Too many bytes"),
        "The body, or a batch of a body of Arrow, has more bytes than `LATENTLINK_MAX_BODY_BYTES`, as sent or decompressed.",
        "Split the request, or raise the limit where the service runs.",
        "body: expected at most 16,777,216 bytes, decompressed, found more",
    ),
    Problem(
        *(415, "unsupported-media-type", "The body's format can't be read"),
        "The body is in a format that the service does not read.",
        "Send JSON with `Content-Type: application/json`, plain or with `Content-Encoding: gzip`. `POST scores` and "
        "`POST neighbors` also read `application/vnd.apache.arrow.stream`.",
        "Content-Type: expected application/json in UTF-8, found 'text/csv'",
    ),
    Problem(
        *(422, "invalid-request", "A field is missing, wrong or unknown"),
        "A field or a query parameter is missing, of another type, unknown, over its limit, or contradicts another one.",
        "`errors` lists each field with what was expected and what was found; `/openapi.json` has all fields and limits.",
        "nodes.0: expected a valid string, found 7",
        {"errors": [{"field": "nodes.0", "expected": "a valid string", "found": "7"}]},
    ),
    Problem(
        *(429, "rate-limited", "The key asks too often"),
        "The key has asked more often than the operator of the service lets it.",
        "Repeat the request after the seconds in `Retry-After`, which `retry_after` has, too; put many pairs or nodes into one "
        "POST. The header `RateLimit` shows how many requests are left.",
        "requests of key 'alice': expected up to 10 a second, 20 at once, found more",
        {"retry_after": 1},
    ),
    Problem(
        *(431, "head-too-large", "Too many bytes before the body"),
        "The address and the headers have more than 65,536 bytes, or the body brings as many trailers.",
        "Send many nodes in the body of a POST.",
        "address and headers: expected at most 65,536 bytes, found more",
    ),
    Problem(
        *(500, "internal", "A bug in the service"),
        "The service has a bug.",
        "Report the request id to the operator: the log has the trace under it.",
        "The service failed to answer; its log has the reason under request id 73682ba0f4917421.",
    ),
    Problem(
        *(503, "not-ready", "The model is not loaded"),
        "The model is not loaded yet or can't be loaded; or no model is; or the service is stopping.",
        "Repeat the request after the seconds in `Retry-After`. `/readyz` lists the missing models with the reasons.",
        "model papers: expected a loaded checkpoint, found: manifest.json: expected a readable file of a checkpoint",
    ),
    Problem(
        *(503, "overloaded", "The limit of requests in work is reached"),
        "The service is working on `LATENTLINK_MAX_IN_FLIGHT` requests already, or has `LATENTLINK_MAX_CONNECTIONS` open.",
        "Repeat the request after the seconds in `Retry-After`; put many pairs or nodes into one POST.",
        "requests in work: expected fewer than 64, found as many; try again",
    ),
    Problem(
        *(504, "timeout", "The time limit passed"),
        "The first byte of the answer was not ready within `LATENTLINK_TIMEOUT_SECONDS`, or the body came too slowly.",
        "Request less at once: fewer nodes, a smaller k.",
        "answer: expected the first byte within 30 s, found none",
    ),
)

PROBLEMS: Mapping[str, Problem] = {problem.slug: problem for problem in _ALL}
"""Every kind of problem by its slug, in order of status."""

SLUGS: Mapping[type[errors.ServiceError], str] = {
    errors.MalformedBodyError: "malformed-body",
    errors.MalformedQueryError: "malformed-query",
    errors.MalformedRequestError: "malformed-request",
    errors.AuthenticationRequiredError: "authentication-required",
    errors.ForbiddenError: "forbidden",
    errors.RateLimitedError: "rate-limited",
    errors.UnknownModelError: "unknown-model",
    errors.UnknownNodesError: "unknown-node",
    errors.UnknownJobError: "unknown-job",
    errors.JobNotFinishedError: "job-not-finished",
    errors.JobsOffError: "jobs-off",
    errors.NotAcceptableError: "not-acceptable",
    errors.AmbiguousModelError: "ambiguous-model",
    errors.AmbiguousNodesError: "ambiguous-node",
    errors.ConflictError: "conflict",
    errors.ReadOnlyStoreError: "read-only-store",
    errors.UnsupportedByModelError: "unsupported-by-model",
    errors.TooLargeError: "too-large",
    errors.UnsupportedMediaError: "unsupported-media-type",
    errors.HeadTooLargeError: "head-too-large",
    errors.InvalidRequestError: "invalid-request",
    errors.NotReadyError: "not-ready",
    errors.OverloadedError: "overloaded",
    errors.TimedOutError: "timeout",
}
"""The kind of problem that each error of the service is answered with."""

HTTP_SLUGS: Mapping[int, str] = {404: "not-found", 405: "method-not-allowed"}
"""The kind of problem for what the framework raises by its status alone."""
