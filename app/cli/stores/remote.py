"""`latentlink push` and `pull`, and stores at a URL for the commands that take one beside a directory."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

import typer

from latentlink.app.cli.console import say
from latentlink.app.cli.options import STORE, STORE_VARIABLE, Model, Store
from latentlink.app.cli.report import size_text
from latentlink.app.settings import Settings
from latentlink.models.checkpoint import moving, open_checkpoint, store
from latentlink.models.checkpoint.absent import no_such_model
from latentlink.models.checkpoint.listing import Listed, listed
from latentlink.models.checkpoint.manifest import is_version
from latentlink.models.checkpoint.publish import require_name
from latentlink.models.checkpoint.remote.location import StoreURL, read_location
from latentlink.models.checkpoint.remote.pull import THREADS, current_in, current_models
from latentlink.models.checkpoint.remote.pull import pull as copy
from latentlink.models.checkpoint.remote.store import RemoteStore
from latentlink.models.errors import DataError


class CheckpointStore(Protocol):
    """What can be done to a store, wherever it is."""

    def listed(self) -> Iterable[Listed]:
        """Every version, by name, oldest first."""

    def activate(self, name: str, version: str) -> None:
        """Make a version the current one."""

    def prune(self, name: str, keep: int) -> list[str]:
        """Delete old versions; those that were deleted."""


@dataclass(frozen=True)
class LocalStore:
    """A store in a directory."""

    root: Path

    def __str__(self) -> str:
        return str(self.root)

    def listed(self) -> Iterable[Listed]:
        """As `CheckpointStore.listed`."""
        return listed(self.root)

    def activate(self, name: str, version: str) -> None:
        """As `CheckpointStore.activate`."""
        store.activate(self.root, name, version)

    def prune(self, name: str, keep: int) -> list[str]:
        """As `CheckpointStore.prune`."""
        return moving.prune(self.root, name, keep)


def _open(text: object) -> CheckpointStore:
    place = read_location(str(text))
    if isinstance(place, StoreURL):
        return RemoteStore(place.open()) if place.directory is None else LocalStore(place.directory)
    return LocalStore(place)


def read_url(text: object) -> StoreURL:
    """The URL that an argument or option names.

    Raises:
        DataError: it is none.
    """
    place = read_location(str(text), "URL")
    if not isinstance(place, StoreURL):
        raise DataError(f"URL: expected one such as s3://bucket/prefix, found the path {place}")
    return place


AnyStore = Annotated[
    CheckpointStore,
    typer.Option(
        "--checkpoints", envvar=STORE_VARIABLE, help=Settings.model_fields["checkpoints"].description, parser=_open
    ),
]
ANY_STORE: CheckpointStore = LocalStore(STORE)
URL = Annotated[StoreURL, typer.Argument(help="URL of the store, such as s3://bucket/prefix.", parser=read_url)]
Activate = Annotated[
    bool, typer.Option("--activate/--no-activate", help="Whether the version becomes the current one.")
]


def push(model: Model, url: URL, activate: Activate = True, checkpoints: Store = STORE) -> None:
    """Verify a version and write it to object storage, where it becomes the current one.

    Readers see it once it is whole. If another writer moves the model's CURRENT meanwhile, the version is stored, but not made
    the current one.
    """
    home, version = store.locate(checkpoints, model)
    push_version(home / (version or store.current_version(home)), url, activate=activate)


def push_version(path: Path, url: StoreURL, *, activate: bool, err: bool = False) -> None:
    """Push a version, and say what became of it, on standard error with `err`.

    Raises:
        CheckpointError, DataError: as `RemoteStore.push` and `install`.
    """
    manifest = open_checkpoint(path).manifest
    name, version, size = manifest.name, manifest.version, size_text(manifest.size)
    if url.directory is not None:
        moving.install(url.directory, path, activate=activate, again=True)
    else:
        remote = RemoteStore(url.open())
        if not remote.push(path, activate=activate).guarded:
            say(
                f"warning: {url} takes no conditions: if two push the same model at once, one may be lost",
                err=True,
                fg="yellow",
            )
    say(f"pushed     {name}@{version} to {url}: {size}", err=err)
    if not activate:
        say(f"inactive   to serve it: latentlink activate {name} {version} --checkpoints {url}", err=err)


def pull(
    model: Annotated[str, typer.Argument(help="NAME, whose current version is pulled, or NAME@VERSION.")],
    url: URL,
    activate: Activate = True,
    checkpoints: Store = STORE,
) -> None:
    """Copy a version from object storage, verify it, and serve it.

    A pull that was interrupted goes on where it ended; of a version that is damaged here, the damaged files are copied again.
    """
    name, version = store.name_and_version(model)
    require_name(name)
    bucket = url.open()
    if version is None:
        if (found := current_in(bucket, name)) is None:
            raise no_such_model(current_models(bucket), url, name)
        version = found[1]
    elif not is_version(version):
        raise DataError(f"version of {name}: expected one such as 20260102T030405000000Z, found {version!r}")
    with ThreadPoolExecutor(THREADS) as parts:
        path = copy(bucket, checkpoints, name, version, parts)
    if activate:
        store.activate(checkpoints, name, version)
    else:
        store.open_version(path.parent, name, version)
    say(f"pulled     {path}")
