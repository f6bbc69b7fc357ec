"""The contents of `/openapi.json`: schemas, examples and problems."""
