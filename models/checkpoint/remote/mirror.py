"""Follow object storage: copy the current version of each model whole, then let the local `CURRENT` name it.

Candidates are copied as well, and named by nothing.
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from latentlink.models.checkpoint.disk.files import reason
from latentlink.models.checkpoint.disk.locking import LockReplacedError, exclusive
from latentlink.models.checkpoint.manifest import NAME_PATTERN
from latentlink.models.checkpoint.publish import LOCK
from latentlink.models.checkpoint.remote.copies import Copies
from latentlink.models.checkpoint.remote.objects import Object
from latentlink.models.checkpoint.remote.pull import THREADS, current_in, pull
from latentlink.models.checkpoint.remote.report import Report, read_report, write_report
from latentlink.models.errors import BusyError, CheckpointError, DataError, ReadOnlyError, RemoteError

if TYPE_CHECKING:
    from latentlink.models.checkpoint.remote.bucket import Bucket

logger = logging.getLogger(__name__)

_MODELS = 2  # that are copied at once
_FIRST_PAUSE, _LONGEST_PAUSE = 15.0, 900.0  # seconds until a damaged version is read again, twice as many each time


class _Wanted(NamedTuple):
    """A version to have here.

    Attributes:
        name, version: of the model.
        current: what `CURRENT` holds, which names the version; None for a candidate.
    """

    name: str
    version: str
    current: Object | None

    @property
    def role(self) -> tuple[str, bool]:
        """What a model has one version for: to be served, or to be asked as a candidate."""
        return self.name, self.current is not None


class _Damage(NamedTuple):
    """A version that can't be used: which one, why, the seconds of the pause, and when it ends."""

    wanted: _Wanted
    reason: str
    pause: float
    end: float


class Mirror:
    """Copies what is current; of several processes with the same directory one does, and the next one when it has ended.

    Args:
        bucket: to copy from.
        root: the directory of checkpoints; made if absent, for this user alone.
        most: bytes of all copies; None for no limit, and one older version of each model.
        candidates: a version of some models that is copied and kept as well.
    """

    def __init__(
        self, bucket: "Bucket", root: Path, most: int | None = None, candidates: Mapping[str, str] | None = None
    ) -> None:
        self._bucket, self._root, self._candidates = bucket, root, candidates or {}
        self._copies = Copies(root, most, self._candidates)
        self._held: ExitStack | None = None
        self._here = dict[tuple[str, bool], _Wanted]()  # by role
        self._damaged = dict[tuple[str, bool], _Damage]()  # by role
        self._report, self._reporting = Report(), threading.Lock()
        self._logged = dict[str, str | None]()  # why it failed the last time, by what was attempted
        self._looking = threading.Lock()  # held during a look: another process may lead once it has ended
        self._closed = False

    def look(self) -> None:
        """Copy what is new; blocks on the network and the disk, and belongs in a thread.

        Raises:
            ReadOnlyError: the directory can't be written to.
        """
        with self._looking:
            if not self._closed and self._leads():
                self._copy_what_is_new()
            if self._closed:
                self._resign()

    def close(self) -> None:
        """Let the look that is going on end soon, and then another process lead; does not wait for it."""
        self._closed = True
        self._bucket.close()
        if self._looking.acquire(blocking=False):  # else the look that is going on resigns
            self._resign()
            self._looking.release()

    def _resign(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    def _leads(self) -> bool:
        """Whether this process is the one that copies."""
        if self._held is not None:
            return True
        try:
            self._root.mkdir(0o700, parents=True, exist_ok=True)
            with ExitStack() as stack:
                stack.enter_context(exclusive(self._root / LOCK, wait=False))
                # Keep what an earlier process could not copy until this one has looked.
                self._report = read_report(self._root).model_copy(update={"store": None})
                write_report(self._root, self._report)
                self._held = stack.pop_all()
        except (BlockingIOError, LockReplacedError):
            return False
        except OSError as error:
            raise ReadOnlyError(f"{self._root}: expected a directory to write to, found: {reason(error)}") from error
        return True

    def _copy_what_is_new(self) -> None:
        if why := self._attempt("look for checkpoints", self._copy_all):
            self._tell(self._report.model_copy(update={"store": why}))

    def _copy_all(self) -> None:
        there = {name for name in self._bucket.folders() if re.fullmatch(NAME_PATTERN, name)}
        # One that is not listed goes only if its `CURRENT` is not there, either.
        names = sorted(there | self._copies.names())
        with ThreadPoolExecutor(_MODELS, "models") as models, ThreadPoolExecutor(THREADS, "parts") as parts:
            found = list(models.map(partial(self._follow, parts=parts), names))
            current = {name for name, is_current in zip(names, found, strict=True) if is_current}
            # After all that is served, so that they take no room from it.
            list(models.map(partial(self._follow_candidate, parts=parts), current & self._candidates.keys()))
        if not current and self._copies.names():
            raise RemoteError(f"{self._bucket.url}: expected models, found none; what was copied is served")
        self._copies.drop_others(current)
        self._here = {role: wanted for role, wanted in self._here.items() if wanted.name in current}
        self._damaged = {role: damage for role, damage in self._damaged.items() if damage.wanted.name in current}
        self._tell(Report(looked=True, models={name: self._report.models.get(name) for name in sorted(current)}))

    def _follow(self, name: str, parts: Executor) -> bool:
        """Have a model here as it is there; whether it has a current version there, as far as is known."""
        is_current = True

        def bring() -> None:
            nonlocal is_current
            known = self._here.get((name, True))
            found = current_in(self._bucket, name, known and known.current)
            if is_current := found is not None:
                self._tell_of(name, self._report.models.get(name))
                current, version = found
                self._bring(_Wanted(name, version, current), parts)

        why_not = self._attempt(f"copy model {name}", bring)
        if is_current:
            self._tell_of(name, why_not)
        return is_current

    def _follow_candidate(self, name: str, parts: Executor) -> None:
        """Have the candidate of a model here; the log says why it can't be."""
        version = self._candidates[name]
        if version != self._copies.current(name):
            wanted = _Wanted(name, version, None)
            self._attempt(f"copy the candidate {name}@{version}", partial(self._bring, wanted, parts))

    def _bring(self, wanted: _Wanted, parts: Executor) -> None:
        """Have a version here, then let `CURRENT` name it unless it is a candidate.

        What is damaged is read again after a pause, or when `CURRENT` changes.

        Raises:
            CheckpointError: the version is damaged, another process copies it, or there is no room for it.
            DataError: another version has its place here, and is damaged.
            RemoteError: the storage can't be reached, or refuses.
        """
        name, version, current = wanted
        if wanted == self._here.get(wanted.role):
            return
        damage = self._damaged.get(wanted.role)
        if damage and damage.wanted != wanted:
            damage = None
        if damage and time.monotonic() < damage.end:
            raise CheckpointError(damage.reason)
        try:
            # Held until `CURRENT` names it, or another copy would take its place.
            with self._copies.room(name, version) as make_room:
                if not self._copies.has(name, version):
                    self._copy(name, version, parts, make_room)
                if current:
                    self._copies.activate(name, version)
        except (BusyError, ReadOnlyError):  # what is copied stays, and the next look goes on, as after a RemoteError
            raise
        except (CheckpointError, DataError) as error:
            pause = min(2 * damage.pause, _LONGEST_PAUSE) if damage else _FIRST_PAUSE
            self._damaged[wanted.role] = _Damage(wanted, str(error), pause, time.monotonic() + pause)
            raise
        self._damaged.pop(wanted.role, None)
        self._here[wanted.role] = wanted

    def _copy(self, name: str, version: str, parts: Executor, make_room: Callable[[int], None]) -> None:
        started = time.monotonic()
        pull(self._bucket, self._root, name, version, parts, make_room, wait=False)
        logger.info("copied %s@%s from %s in %.1f s", name, version, self._bucket.url, time.monotonic() - started)

    def _tell_of(self, name: str, why_not: str | None) -> None:
        """Report why a model can't be copied, None if it can."""
        with self._reporting:
            self._tell(self._report.model_copy(update={"models": self._report.models | {name: why_not}}))

    def _tell(self, report: Report) -> None:
        if report != self._report:
            self._report = report
            with suppress(OSError):  # a full disk: the log has it
                write_report(self._root, report)

    def _attempt(self, what: str, call: Callable[[], None]) -> str | None:
        """Call, and say why that failed, in the log once as long as the reason is the same; None where it succeeded."""
        why: str | None = None
        try:
            call()
        except (CheckpointError, DataError, RemoteError) as error:
            why = str(error)
            if self._logged.get(what) != why:
                logger.error("can't %s: %s", what, why)  # noqa: TRY400  # the reason is enough
        except Exception as error:  # one model must not keep the others from being copied
            why = repr(error)
            logger.exception("can't %s", what)
        self._logged[what] = why
        return why
