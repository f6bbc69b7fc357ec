"""A model's name: in its files, of which all but manifests and cards are shared by hard links; and what has none of this name."""

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import orjson

from latentlink.models.checkpoint.disk.files import digest_file, read_bytes
from latentlink.models.checkpoint.manifest import MANIFEST, MANIFEST_DIGEST, read_manifest
from latentlink.models.checkpoint.publish import LOCK, RENAMED, fsync, versions, write_file, write_manifest
from latentlink.models.errors import DataError
from latentlink.models.wording import MOST_LISTED, listed, shortened

CARD = "MODEL_CARD.md"
_SHOWN = 3  # versions in a message, the newest ones


def copy_as(name: str, home: Path, target: Path) -> None:
    """Make `target`, which may lie in the model's directory `home`, a copy of it in which the model is called `name`, durably.

    Raises:
        CheckpointError: a manifest is damaged, or a file can't be written.
    """
    shutil.copytree(home, target, symlinks=True, copy_function=_share, ignore=shutil.ignore_patterns(LOCK, RENAMED))
    for version in versions(target):
        write_name(target / version, name)
    for folder, _, files in os.walk(target):
        for path in (*files, "."):
            fsync(Path(folder, path))


def write_name(directory: Path, name: str) -> None:
    """Call the model in a version's directory, which nobody reads yet, `name`: in the manifest, the card's metadata and heading.

    Raises:
        CheckpointError: the manifest is damaged, or a file can't be written.
    """
    known, document = read_manifest(directory), orjson.loads(read_bytes(directory / MANIFEST))
    files = [directory / MANIFEST, directory / MANIFEST_DIGEST]
    if CARD in known.files:
        card = directory / CARD
        text = read_bytes(card).decode("utf-8", "replace")
        card.unlink()
        for line in ('\n- name: "{}"\n', "# {}\n"):
            text = text.replace(line.format(known.name), line.format(name), 1)
        write_file(card, text)
        document["files"][CARD] = digest_file(card).model_dump()
        files.append(card)
    (directory / MANIFEST).unlink()
    (directory / MANIFEST_DIGEST).unlink()
    write_manifest(directory, {**document, "name": name})
    for file in files:
        file.chmod(0o644)  # whatever the umask


def _share(source: str, target: str) -> None:
    """A hard link, which is why files are unlinked before they are written anew; a copy where the file system has no links."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def no_such_model(names: Iterable[str], place: object, name: str) -> DataError:
    """The error about a model that is not in a directory or at a URL.

    Args:
        names: of the models there that have a current version.
        place: the directory or URL.
        name: what was asked for.
    """
    known, found = listed(names, MOST_LISTED), repr(shortened(name))
    if known:
        return DataError(f"model: expected one of {known} in {place}, found {found}")
    return DataError(
        f"model: expected the name of a model in {place}, found {found}, and no model there that has a current version; "
        "train one, or name another place"
    )


def no_version_in(directory: str, store: object) -> DataError:
    """The error about a directory that is neither a version's nor a model's."""
    return DataError(
        f"model: expected a version's directory, or that of a model with versions, found {shortened(directory)!r}, "
        f"which has no {MANIFEST} and no versions; name another one, or a model of {store}"
    )


def unknown_version(name: str, version: str, present: Sequence[str]) -> str:
    """The message about a version that a model does not have, with the newest that it has.

    Args:
        name: the model's.
        version: what was asked for.
        present: the model's versions, oldest first.
    """
    newest = listed(reversed(present), _SHOWN) or "none"
    return f"version of {name}: expected one of {newest}, found {shortened(version)!r}"
