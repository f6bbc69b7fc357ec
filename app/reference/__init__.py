"""What `/openapi.json` and `/problems` say of the API: schemas, examples and problem texts."""
