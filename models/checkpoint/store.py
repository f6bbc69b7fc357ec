"""A store, the directory of all checkpoints: list, find and activate models and versions."""

import re
import shlex
from pathlib import Path

from latentlink.models.checkpoint.absent import no_such_model, no_version_in, unknown_version
from latentlink.models.checkpoint.checkpoint import Checkpoint
from latentlink.models.checkpoint.damage import other_version, read_sized
from latentlink.models.checkpoint.disk.files import open_whole, read_line, reason, require_inside
from latentlink.models.checkpoint.manifest import MANIFEST, NAME_PATTERN, Manifest, is_version
from latentlink.models.checkpoint.publish import CURRENT, locked, move_current, require_name, versions
from latentlink.models.checkpoint.reader import Opener, open_checkpoint
from latentlink.models.errors import CheckpointError, DataError
from latentlink.models.wording import shortened


def model_names(store: Path) -> list[str]:
    """Names of the models that have a current version, sorted; empty if `store` does not exist.

    Raises:
        CheckpointError: the directory can't be read.
    """
    return [home.name for home in _homes(store) if has_current(home)]


def model_directories(store: Path) -> list[Path]:
    """The directories of all models with or without a current version, by name; none where `store` does not exist.

    Raises:
        CheckpointError: the directory can't be read.
    """
    return [home for home in _homes(store) if home.is_dir()]


def _homes(store: Path) -> list[Path]:
    try:
        homes = (home for home in store.iterdir() if re.fullmatch(NAME_PATTERN, home.name))
        return sorted(homes, key=lambda home: home.name)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CheckpointError(f"{store}: expected a readable directory, found: {reason(error)}") from None


def has_current(home: Path) -> bool:
    """Whether a directory has a current version, or can't be read: opening it then raises the reason."""
    try:
        return (home / CURRENT).exists()
    except PermissionError:
        return True


def current_version(home: Path) -> str:
    """The version that `CURRENT` of the model in `home` names.

    Raises:
        CheckpointError: `CURRENT` is missing, names no version, or is a link to outside of the store.
    """
    path = home / CURRENT
    require_inside(path, home.parent)
    return as_version(read_line(path), path)


def as_version(text: str, place: object) -> str:
    """The version that `CURRENT` at a path or URL names.

    Raises:
        CheckpointError: it names none.
    """
    if not is_version(text):
        raise CheckpointError(f"{place}: expected a version such as 20260102T030405000000Z, found {shortened(text)!r}")
    return text


def open_version(home: Path, name: str, version: str, opener: Opener = open_whole) -> Checkpoint:
    """Open a version in the directory of the model `name`, and check that its manifest has this name and version.

    `opener` is as of `open_checkpoint`.

    Raises:
        CheckpointError: it is damaged, or its manifest has another name or version.
    """
    checkpoint = open_checkpoint(home / version, opener=opener)
    _require_named(checkpoint.manifest, checkpoint.path, name, version)
    return checkpoint


def look_at_version(home: Path, name: str, version: str) -> Manifest:
    """As `open_version`, without a look into the files beside the manifest: their sizes are checked, their digests are not.

    Raises:
        CheckpointError: as far as that shows, it is damaged, or its manifest has another name or version.
    """
    manifest = read_sized(home / version)
    _require_named(manifest, home / version, name, version)
    return manifest


def _require_named(found: Manifest, path: Path, name: str, version: str) -> None:
    if (found.name, found.version) != (name, version):
        raise CheckpointError(
            f"{path}: expected the checkpoint {name}@{version}, found {found.name}@{found.version}; "
            "use `latentlink install`"
        )


def activate(store: Path, name: str, version: str) -> None:
    """Verify a published version and make it the current one.

    Raises:
        DataError: `name` is not a legal one, or the model has no such version.
        CheckpointError: the version is damaged, or its manifest has another name or version.
        ReadOnlyError: the store can't be written to.
    """
    _require_present(store, name, version)
    with locked(store, name) as home:
        open_version(home, name, version)
        move_current(home, version)


def activation(home: Path, version: str) -> str:
    """The command that makes a version of the model in `home` the current one; it names the store, whichever the default is."""
    return f"latentlink activate {home.name} {version} --checkpoints {shlex.quote(str(home.parent))}"


def find(store: Path, model: str) -> Checkpoint:
    """Open `NAME`, which is its current or its only version, `NAME@VERSION`, or a version's directory.

    `DIRECTORY/NAME` is a model of another store.

    Raises:
        DataError: there is no such model or version in `store`, none of several is current, or `@` is the end.
        CheckpointError: the version is damaged, or its manifest has another name or version; of a current version it says how
            to serve another one.
    """
    found = _meant(store, model)
    if isinstance(found, Path):
        return open_checkpoint(found)
    home, version = found
    _require_present(home.parent, home.name, version)
    return open_version(home, home.name, version) if version else _open_usual(home, home.name, model)


def locate(store: Path, model: str) -> tuple[Path, str | None]:
    """The directory of the model that `model` names, as for `find`, and the version; None is the current one, as it moves.

    Raises:
        DataError: there is no such model or version in `store`, none of several is current, or `@` is the end.
    """
    found = _meant(store, model)
    if isinstance(found, Path):
        absolute = found.absolute()
        return absolute.parent, absolute.name
    home, version = found
    _require_present(home.parent, home.name, version)
    return home, version or (None if has_current(home) else _usual_version(home, model))


def _meant(store: Path, model: str) -> Path | tuple[Path, str | None]:
    """A version's directory, or that of a model and the version, which is None where only the model is named.

    Raises:
        DataError: nothing is behind `@`, or it can be neither a name nor a directory of these.
    """
    path = Path(model)
    try:
        if (path / MANIFEST).exists():
            return path
        name, version = name_and_version(path.name)
        is_name = re.fullmatch(NAME_PATTERN, name) is not None
        if path.name == model:
            if not is_name:
                raise no_such_model(model_names(store), store, model)
            return store / name, version
        if is_name and _present(path.parent / name):
            return path.parent / name, version
        is_directory = path.is_dir()
    except OSError as error:
        raise DataError(f"model: expected a name or a directory, found {shortened(model)!r}: {reason(error)}") from None
    if is_directory:
        raise no_version_in(model, store)
    return path


def name_and_version(text: str) -> tuple[str, str | None]:
    """What `NAME` or `NAME@VERSION` is made of; without `@` there is no version, which means the current one.

    Raises:
        DataError: nothing is behind `@`, as where a variable of a shell is not set.
    """
    name, at, version = text.partition("@")
    if at and not version:
        raise DataError(
            f"model: expected a version behind {shortened(text)}, found nothing; leave out @ for the current one"
        )
    return name, version or None


def _open_usual(home: Path, name: str, model: str) -> Checkpoint:
    version = None
    try:
        version = _usual_version(home, model)
        return open_version(home, name, version)
    except CheckpointError as error:
        raise CheckpointError(f"{error}{other_version(home, version)}") from None


def _usual_version(home: Path, model: str) -> str:
    """The version that `model`, which names none, means: the current one, else the only one.

    Raises:
        DataError: none of several is current.
    """
    if has_current(home):
        return current_version(home)
    *older, newest = versions(home)
    if older:
        raise DataError(
            f"model {home.name}: expected an active version, found {1 + len(older):,} of which none is; name one, such as "
            f"{model.rstrip('/')}@{newest}, or activate one: `{activation(home, newest)}`"
        )
    return newest


def versions_of(store: Path, name: str) -> list[str]:
    """The versions of a model, oldest first.

    Raises:
        DataError: `name` is not a legal one, or there is no such model.
        CheckpointError: the directory can't be read.
    """
    require_name(name)
    if not (present := _present(store / name)):
        raise no_such_model(model_names(store), store, name)
    return present


def _present(home: Path) -> list[str]:
    """The versions in a directory, oldest first; none where it is not there."""
    try:
        return versions(home) if home.is_dir() else []
    except OSError as error:
        raise CheckpointError(f"{home}: expected a readable directory, found: {reason(error)}") from None


def _require_present(store: Path, name: str, version: str | None) -> None:
    """Raise DataError unless the model has this version, or with None any version."""
    if version not in (present := versions_of(store, name)) and version is not None:
        raise DataError(unknown_version(name, version, present))
