"""`latentlink new-key` and `list-keys`: the file of keys of a service."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from latentlink.app.cli.console import printable
from latentlink.app.cli.options import path_of
from latentlink.app.keys.file import entry_of, new_secret, parse_keys, read_content
from latentlink.models.errors import DataError

File = Annotated[Path, typer.Option(help="File of keys, as LATENTLINK_KEYS_FILE names it.", parser=path_of("--file"))]


def new_key(
    name: Annotated[str, typer.Argument(help="Name of the key: who or what asks with it.")],
    file: File = Path("keys.toml"),
    scope: Annotated[
        list[str], typer.Option(help="What it is for: read, write, metrics or admin; repeat it for several.")
    ] = ["read"],  # noqa: B006 - the framework copies it
    model: Annotated[
        list[str] | None, typer.Option(help="Models that it is for, such as movies or 'test-*'; all by default.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help="Requests a second that each worker answers; as many as come by default.")
    ] = None,
    burst: Annotated[int | None, typer.Option(help="Requests at once; by default those of a second.")] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="Days until it expires; never by default.")
    ] = None,
) -> None:
    """Make an API key: add its entry to a file of keys, and print the key, which is stored nowhere.

    The entry has the key's hash. A running service takes it over after its next poll.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    fields = {
        "scopes": scope,
        "models": model or None,
        "rate": rate,
        "burst": burst,
        "expires": None if days is None else now + timedelta(days=days),
    }
    secret = new_secret()
    _add(file, name, entry_of(name, secret, fields))
    typer.echo(secret)


def list_keys(file: File = Path("keys.toml")) -> None:
    """Check a file of keys and list them: name, scopes, models, rate and expiry."""
    for key in parse_keys(str(file), read_content(file)):
        models = "all models" if "*" in key.models else ", ".join(key.models)
        rate = f"{key.rate:g} a second, {key.burst} at once" if key.rate else "no limit"
        expiry = f"{'expired' if key.expires <= datetime.now(UTC).timestamp() else 'expires'} {key.expiry}"
        typer.echo(printable(f"{key.name}: {key.scope_names}; {models}; {rate}; {expiry}"))


def _add(file: Path, name: str, entry: str) -> None:
    """Add an entry to a file, which is made for its owner alone if absent."""
    target = file.resolve()  # a link to it stays one
    changed = target.with_name(f".{target.name}.new")  # of two at once one ends here, or it would lose the other's key
    with _writing(file), open(changed, "xb", opener=_private) as output:  # `Path.open` takes no opener
        try:
            before = read_content(target) if target.exists() else b""
            if before and name in {key.name for key in parse_keys(str(file), before)}:
                raise DataError(
                    f"NAME: expected one that is not in {file}, found {name!r}; remove that entry, or choose another name"
                )
            if before:
                _own_as(target.stat(), output.fileno())
            output.write(before + b"\n" * bool(before) + entry.encode())
            output.flush()
            changed.replace(target)  # a service that looks now reads all of it, or all of the one before
        finally:
            changed.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    """Errors of writing a file of keys, in words."""
    try:
        yield
    except FileExistsError as error:
        raise DataError(
            f"--file: expected nobody else to write to {file}, found {error.filename}; remove that if it is of a killed new-key"
        ) from None
    except OSError as error:
        raise DataError(f"--file: expected a file to write to, found {file}: {error.strerror}") from None


def _own_as(like: os.stat_result, file: int) -> None:
    """Give an open file the owner and the rights of another one, or the service could no longer read it."""
    os.fchown(file, like.st_uid, like.st_gid)
    os.fchmod(file, like.st_mode & 0o777)
