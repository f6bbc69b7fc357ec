"""A model's name in its files: manifests and cards are written anew, all other files are shared by hard links."""

import os
import shutil
from pathlib import Path

import orjson

from latentlink.models.checkpoint.disk.files import digest_file, read_bytes
from latentlink.models.checkpoint.manifest import MANIFEST, MANIFEST_DIGEST, read_manifest
from latentlink.models.checkpoint.publish import LOCK, RENAMED, fsync, versions, write_file, write_manifest

CARD = "MODEL_CARD.md"


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
