"""Whether an output is the shown one, but for what differs from run to run: numbers, versions and request ids."""

import json
import re

_PROGRESS = re.compile(r"^.*: .*\b\d+ s elapsed.*\n?", re.MULTILINE)  # printed by slow machines only
_VARYING = r"\s*(?:\b[0-9a-f]{16,}\b|\d[\d.,]*(?:T\d+Z)?)"


def alike(shown: str, printed: str) -> bool:
    """Whether `printed` has the form of `shown`.

    JSON is compared by keys, lengths and types, text by everything but its numbers. `…` in what is shown stands for any
    text; alone on a line, for any lines. Lines of progress, which a slow machine prints, count only where some are shown.
    """
    try:
        return _shape(json.loads(shown)) == _shape(json.loads(printed))
    except ValueError:
        pass
    if not _PROGRESS.search(shown):
        printed = _PROGRESS.sub("", printed)
    if shown.startswith(("{", "[")):  # long JSON is shown in lines, with something left out
        shown, printed = re.sub(r"\s", "", shown), re.sub(r"\s", "", printed)
    pattern = re.escape(_skeleton(shown)).replace("…", ".*")
    return re.fullmatch(pattern, _skeleton(printed), re.DOTALL) is not None


def _skeleton(text: str) -> str:
    """The text without what differs between machines, and the spaces before numbers."""
    return re.sub(_VARYING, " #", text).strip()


def _shape(value: object) -> object:
    """A JSON value with its keys, lengths and types, but without its numbers and ids."""
    if isinstance(value, dict):
        return {key: _shape(member) for key, member in value.items()}
    return [_shape(item) for item in value] if isinstance(value, list) else type(value).__name__
