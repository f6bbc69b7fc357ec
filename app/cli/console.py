"""Texts for a person at a terminal."""

import typer


def say(text: str, *, err: bool = False, fg: str | None = None) -> None:
    """Print lines; what a terminal would obey instead of show, in a name or a fact from elsewhere, is escaped."""
    typer.secho("\n".join(map(printable, text.split("\n"))), err=err, fg=fg)


def printable(text: str) -> str:
    r"""The text with control characters, line ends among them, as escapes such as `\x1b`."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
