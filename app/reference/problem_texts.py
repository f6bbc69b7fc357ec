"""What each kind of problem means, for a person: at `/problems/{slug}`, and as examples in `/openapi.json`."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Meaning(NamedTuple):
    """A kind of problem, explained.

    Attributes:
        means: what went wrong.
        advice: what to do about it.
        detail: an example of the `detail` that an answer carries.
        members: examples of members that only this kind has.
    """

    means: str
    advice: str
    detail: str
    members: Mapping[str, Any] = {}


MEANINGS: Mapping[str, Meaning] = {
    "malformed-body": Meaning(
        "The body can't be decoded: it is not JSON in UTF-8, or not the gzip that its Content-Encoding says.",
        "Write the body with a JSON library. A lone surrogate (\\ud800) is no character.",
        "body: expected JSON in UTF-8, found EOF while parsing an object at line 1 column 1",
    ),
    "malformed-query": Meaning(
        "The query can't be decoded: its percent-escapes are not UTF-8.",
        "Escape the UTF-8 of a value, as URL libraries do: é is %C3%A9, not %E9.",
        "query: expected percent-encoded UTF-8, found 'utf-8' codec can't decode byte 0xe9 in position 5: unexpected end of data",
    ),
    "authentication-required": Meaning(
        "The service wants an API key, and the request had none, or one that it doesn't know.",
        "Send the header `Authorization: Bearer KEY`; ask whoever runs the service for a key.",
        "Authorization: expected Bearer and a key, found none",
    ),
    "forbidden": Meaning(
        "The key may ask questions, but not change what is served.",
        "Use an admin key; whoever runs the service sets them.",
        "Authorization: expected an admin key, found another",
    ),
    "unknown-model": Meaning(
        "No model of that name is there, or not that version of it.",
        "`GET /v1/models` lists what is served. A name alone means the current version.",
        "model: expected one of movies, papers, found 'paper'",
    ),
    "unknown-node": Meaning(
        "The model does not know some of the ids: it was trained on a graph without them. Ids are compared as they are: "
        "case, spaces, and composed and decomposed accents differ.",
        "`unknown` names the first 20 of them, each with ids that may be meant. `GET /v1/models/{model}/nodes?prefix=` completes "
        'ids. In a batch, `"on_unknown": "null"` answers null in their places.',
        "nodes: expected ids that the model knows, found 'Tom Hnaks'",
        {"unknown": [{"node": "Tom Hnaks", "closest": ["Tom Hanks", "Tom Hardy"]}]},
    ),
    "not-found": Meaning(
        "The service has nothing at this path.",
        "`/docs` shows every path. Node ids belong in the query or the body, not in the path.",
        "path: expected one that /openapi.json lists, found /v1/model",
    ),
    "method-not-allowed": Meaning(
        "The path is right, the method is not.",
        "The header `Allow` names the methods that the path takes: GET asks one question, POST many.",
        "method of /v1/models/papers/score: expected GET, found POST",
    ),
    "not-acceptable": Meaning(
        "The route sends several formats, and `Accept` takes none of them.",
        "Ask for application/json, which every route sends, or for another format that `detail` names; or leave `Accept` out.",
        "Accept: expected one of application/json, application/vnd.apache.arrow.stream, application/x-ndjson, found 'text/csv'",
    ),
    "ambiguous-model": Meaning(
        "`default` could mean several models.",
        "Name the model in the path; or let whoever runs the service set LATENTLINK_DEFAULT_MODEL.",
        "model: expected one model or LATENTLINK_DEFAULT_MODEL, found movies, papers",
    ),
    "conflict": Meaning(
        "The version can't be served as it is: its files are damaged, or not those of a checkpoint.",
        "`latentlink inspect` tells what is wrong with it. Restore it, or train again; what was served before still is.",
        "embeddings.safetensors: expected 4,096 bytes, found 0; restore it, or train again",
    ),
    "read-only-store": Meaning(
        "The service may not write to the directory of checkpoints, so it can't move CURRENT.",
        "Activate where the directory can be written to, with `latentlink activate`; the service will notice.",
        "checkpoints/papers: expected a directory that can be written to, found a read-only file system",
    ),
    "unsupported-by-model": Meaning(
        "The model can't answer this: its kind has nothing to say of it, or its checkpoint lacks what the answer needs.",
        "`detail` says what it lacks, `GET /v1/models/{model}` the kind and what the model was trained on.",
        "model: expected stored features, found none; train without --no-store-features to ask this",
    ),
    "too-large": Meaning(
        "The body has more bytes than the service reads, as sent or once decompressed.",
        "Split the request. `LATENTLINK_MAX_BODY_BYTES` sets the limit.",
        "body: expected at most 16,777,216 bytes, decompressed, found more",
    ),
    "unsupported-media-type": Meaning(
        "The body is in a format that is not read here.",
        "Send JSON with `Content-Type: application/json`, plain or with `Content-Encoding: gzip`.",
        "Content-Type: expected application/json in UTF-8, found 'text/csv'",
    ),
    "invalid-request": Meaning(
        "A field or a query parameter is missing, of another type, unknown, or over its limit.",
        "`errors` names each with what was expected and what was found; `/openapi.json` has every field and the limits in force.",
        "nodes.0: expected a valid string, found 7",
        {"errors": [{"field": "nodes.0", "expected": "a valid string", "found": "7"}]},
    ),
    "internal": Meaning(
        "The service has a bug.",
        "Give whoever runs it the request id: the log has the trace under it.",
        "The service failed to answer; its log has the reason under request id 73682ba0f4917421.",
    ),
    "not-ready": Meaning(
        "The model is there but isn't loaded yet or can't be; or there is none yet; or the service is stopping.",
        "Ask again after the seconds in `Retry-After`. `/readyz` tells what is missing and why.",
        "model papers: expected a loaded checkpoint, found: manifest.json: expected a readable file of a checkpoint",
    ),
    "overloaded": Meaning(
        "As many requests are in work as the service takes at once.",
        "Ask again after the seconds in `Retry-After`; ask many questions in one POST.",
        "service: expected at most 64 requests at once, found more",
    ),
    "timeout": Meaning(
        "The answer took longer than the service's time limit.",
        "Ask for less at once: fewer nodes, a smaller k.",
        "answer: expected within 30 s, found none yet",
    ),
}
