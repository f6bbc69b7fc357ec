"""The audit log: a line for each change that somebody asked for, with who, what and the result."""

import logging

logger = logging.getLogger("latentlink.audit")


def record(action: str, key: str | None, result: str, **facts: object) -> None:
    """Write a line.

    Args:
        action: what was asked for: an operation of the API, or `keys`.
        key: name of the key that asked; None where nobody had to send one.
        result: `done`, or why not.
        facts: what it was asked of.
    """
    named = "".join(f", {name} {value!r}" for name, value in facts.items() if value)
    fields = {"action": action, "key": key, "result": result, **facts}
    logger.info("%s%s: %s%s", action, f" by {key}" if key else "", result, named, extra={"fields": fields})
