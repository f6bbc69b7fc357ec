"""Bodies of requests (pydantic models, strict) and of answers (typed dicts checked by mypy, and typed facts), described in OpenAPI."""
