"""All keys of a service, found by their hashes; those of the file are followed as it changes."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from latentlink.app import audit
from latentlink.app.keys.bucket import Bucket
from latentlink.app.keys.file import parse_keys, read_content
from latentlink.app.keys.key import Key, digest_of
from latentlink.app.keys.lines import read_lines
from latentlink.app.settings import PREFIX, Settings
from latentlink.models.errors import DataError

logger = logging.getLogger(__name__)


class KeyRing:
    """The keys that open a service; with none it is open to all.

    Readers see either all keys from before a change of the file or all from after it.

    Args:
        fixed: keys that stay.
        file: of further keys, or None.

    Raises:
        DataError: the file can't be read, or two keys have a name or a hash in common.
    """

    def __init__(self, fixed: tuple[Key, ...] = (), file: Path | None = None) -> None:
        self.file, self._fixed = file, fixed
        self._content = b"" if file is None else read_content(file)
        self._keys = self._read(self._content)
        self._buckets = _buckets(self._keys.values(), {})
        self._problem: str | None = None

    def __bool__(self) -> bool:
        return bool(self._keys)

    def names(self) -> list[str]:
        """The names of the keys, each once."""
        return sorted({key.name for key in self._keys.values()})

    def find(self, secret: bytes) -> Key | None:
        """The key of what a request has sent.

        How long the search takes depends on the hash alone, which nobody can choose who does not know the key.
        """
        return self._keys.get(digest_of(secret))

    def bucket(self, key: Key) -> Bucket | None:
        """The bucket of a key that has a rate."""
        return self._buckets.get(key.name)

    def degraded(self) -> dict[str, str]:
        """Why the file as it is now is not in use: by the name of the setting, for anybody to see; empty if it is."""
        if self._problem is None:
            return {}
        return {
            f"{PREFIX}KEYS_FILE": "expected a file of keys, found a broken one; the earlier keys hold, the log has the reason"
        }

    def refresh(self) -> None:
        """Take over the file if it has changed; one that is broken changes nothing. Blocks on the disk."""
        assert self.file is not None
        before = self._keys
        try:
            content = read_content(self.file)
            if content == self._content and self._problem is None:
                return
            after = self._read(content)
        except DataError as error:
            self._note(str(error))
            return
        buckets = _buckets(after.values(), self._buckets)
        self._buckets = self._buckets | buckets  # requests see a bucket of each key, of before or of after
        self._keys = after
        self._buckets = buckets
        self._content, self._problem = content, None
        old, new = ({key.name: key for key in keys.values()} for keys in (before, after))
        changes = {
            "added": sorted(new.keys() - old.keys()),
            "removed": sorted(old.keys() - new.keys()),
            "changed": sorted(name for name in new.keys() & old.keys() if new[name] != old[name]),
        }
        if any(changes.values()):
            audit.record("keys", None, "done", **changes)

    def _note(self, problem: str) -> None:
        """Keep why the file is not in use; logged when the reason is a new one."""
        if problem != self._problem:
            logger.error("the earlier keys stay: %s", problem)
            audit.record("keys", None, "refused", reason=problem)
        self._problem = problem

    def _read(self, content: bytes) -> Mapping[bytes, Key]:
        """All keys by hash."""
        found = {digest: key for key in reversed(self._fixed) for digest in key.digests}  # the first of a line twice
        names = {key.name for key in self._fixed}
        where = f"{PREFIX}KEYS_FILE, {self.file}"
        for key in parse_keys(where, content) if self.file is not None else ():
            if key.name in names:
                raise DataError(f"{where}: expected other names than those of the other settings, found {key.name!r}")
            for digest in key.digests:
                if other := found.get(digest):
                    raise DataError(
                        f"{where}: expected a hash for each key, found the same of {other.name!r} and {key.name!r}"
                    )
                found[digest] = key
        return found


def read_keys(settings: Settings) -> KeyRing:
    """The keys that an operator configured.

    Raises:
        DataError: they are unsafe or contradict each other; the message names the setting, and no key.
    """
    return KeyRing(read_lines(settings), settings.keys_file)


def _buckets(keys: Iterable[Key], before: Mapping[str, Bucket]) -> dict[str, Bucket]:
    """A bucket for each key with a rate: the one of before, unless the rate is another one."""
    made = {}
    for key in keys:
        if key.rate:
            old = before.get(key.name)
            same = old is not None and (old.rate, old.burst) == (key.rate, key.burst)
            made[key.name] = old if same and old is not None else Bucket(key.rate, key.burst)
    return made
