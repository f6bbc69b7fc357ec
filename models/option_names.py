"""Options of the command in messages, by the names that Python has for them.

Messages are written for the command, `--node-embeddings on`; in Python the same is `node_embeddings='on'`. Most arguments have
the option's name with `_` for `-`; a function whose arguments are called otherwise has a table of these.
"""

import re
from collections.abc import Mapping

Names = Mapping[str, str]
"""What an argument is called in Python, by the option without its dashes, where it isn't called as that."""

READ_GRAPH: Names = {
    "edges": "links",
    "features": "nodes",
    "category": "categories",
    "time-column": "time",
    "header": "header=True",
    "no-header": "header=False",
    "directed": "directed=True",
    "one-kind": "one_kind=True",
    "strip-ids": "strip_ids=True",
}
"""Of `read_graph`; a switch has its value."""

_LISTS = ("category", "numeric", "ignore")
# Options whose value may be any word; that of others is a number or one of a few words.
_WORDED = (
    "sql|source|target|weight|time-column|category|numeric|ignore|source-type|target-type|relation-column|split-column|"
    "dataset|database|delimiter|encoding|format|model"
)
_WORD = r""""((?:\\.|[^"\\])*)"|'([^']*)'|(?!(?:and|or|alone|beside|if|in|is|that)\b)([^\s,;:.'"]+)"""
# What is between quotes is the caller's own, but for the value behind an option; an apostrophe opens none.
_QUOTED = r"""(?<!\w)(?:'(?:\\.|[^'\\])*'(?!\w)|"(?:\\.|[^"\\])*"(?!\w))"""
_OPTION = re.compile(
    rf"(?P<kept>`(?!--)[^`]*`|{_QUOTED})|(?<![^\s(`])--(?:(?P<worded>{_WORDED}) (?:{_WORD})|(?P<option>[a-z]+(?:-[a-z]+)*)"
    r"(?: (?P<value>on|off|auto|\d+(?:\.\d+)?)(?![\w.]*\w))?)"
)


def in_python(message: str, names: Names | None = None) -> str:
    """A message with arguments as Python writes them, `--dim 64` as `dim=64`; backticked commands and quoted words stay."""
    return _OPTION.sub(lambda found: _argument(found, names or {}), message)


def _argument(found: re.Match[str], names: Names) -> str:
    kept, option, value = found["kept"], found["worded"] or found["option"], found["value"]
    if kept is not None:
        return str(kept)
    name = names.get(option) or option.removeprefix("no-").replace("-", "_") + "=False" * option.startswith("no-")
    if found["worded"]:
        _, _, quoted, *others, _, _ = found.groups()
        word = re.sub(r"\\(.)", r"\1", quoted) if quoted else next(filter(None, others), "")
        return f"{name}={[word] if option in _LISTS else word!r}"
    if value is None:
        return name
    return f"{name}={value if value[0].isdigit() else repr(value)}"
