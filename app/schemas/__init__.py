"""Bodies of requests (pydantic models, strict) and of answers (typed dicts and typed facts), described in OpenAPI."""
