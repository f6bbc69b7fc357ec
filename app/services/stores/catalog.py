"""Which version of each model is served: its current one, or another one where that can't be."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from latentlink.app.services.lookup import Observer
from latentlink.app.services.stores.disk import Failure, Glance, Signature, glance, on_disk, signature
from latentlink.models.checkpoint import Manifest
from latentlink.models.checkpoint.damage import how_to_serve
from latentlink.models.checkpoint.store import current_version
from latentlink.models.errors import CheckpointError

logger = logging.getLogger(__name__)

Accept = Callable[[str, str], Manifest]
"""The facts of a version of a model, by its name; raises what keeps the version from being served."""


class Served(NamedTuple):
    """What is served of a model.

    Attributes:
        version: the current one, or that which stands in for it.
        manifest: its facts.
        published: the versions that were on the disk at the last look, oldest first.
    """

    version: str
    manifest: Manifest
    published: Sequence[str]


class Catalog:
    """What is served of the models under a directory, by the last look at it. Readers see the old or the new, never a mixture.

    Args:
        root: the directory.
        wanted: the version to be served of a model, by its directory; CheckpointError where that is none.
        observer: of the models.

    Attributes:
        served: by the names of models, in order.
        failures: why the wanted version of a model is not served, by its name.
    """

    def __init__(self, root: Path, wanted: Callable[[Path], str], observer: Observer) -> None:
        self._root, self._wanted, self._observer = root, wanted, observer
        self.served: Mapping[str, Served] = {}
        self.failures: Mapping[str, Failure] = {}
        self._glances: Mapping[str, Glance | None] = {}

    def look(self, names: Collection[str], accept: Accept) -> None:
        """Serve what is new or changed, and no longer what is gone.

        A model whose wanted version can't be served keeps its old one; at the start, the newest other one stands in for it.
        """
        served: dict[str, Served] = {}
        failures: dict[str, Failure] = {}
        glances: dict[str, Glance | None] = {}
        for name in names:
            home = self._root / name
            glances[name] = now = glance(home)
            if now is not None and now == self._glances.get(name) and name in self.served and name not in self.failures:
                served[name] = self.served[name]
                continue
            seen = signature(home)  # before it is read: what is written meanwhile is read the next time
            try:
                served[name] = self._serve(name, seen, accept)
            except Exception as error:  # one bad checkpoint must not take the others down
                failures[name] = self._failure(name, error, seen)
                if standing_in := self.served.get(name) or self._stand_in(name, failures[name], accept):
                    served[name] = standing_in._replace(published=on_disk(home))
        for name in self.served.keys() - served.keys():
            logger.warning("no longer serving %s: %s is gone", name, self._root / name / "CURRENT")
        self.served, self.failures, self._glances = served, failures, glances

    def reject(self, name: str, version: str, error: Exception, accept: Accept) -> None:
        """Serve another version in place of one that was accepted at a look and could not be opened, if there is one."""
        home, rejected, found = self._root / name, self.served.get(name), None
        if rejected is None or rejected.version != version:
            return
        seen, old = signature(home), self.failures.get(name)
        with suppress(Exception):
            if self._wanted(home) != version and old is None:  # it was replaced, and removed, since the last look
                found = self._serve(name, seen, accept)
        if found is None:
            failure = self._failure(name, error, seen) if old is None or old.signature != seen else old
            failure = failure._replace(rejected=failure.rejected | {version})
            self.failures = {**self.failures, name: failure}
            found = self._newest(name, failure, accept)
        others = {other: served for other, served in self.served.items() if other != name}
        self.served = dict(sorted({**others, name: found}.items())) if found else others

    def reasons(self) -> dict[str, str]:
        """Why wanted versions are not served, in order of name; where another one stands in, with how to stay with it."""
        return {name: failure.reason + self._way_out(name) for name, failure in sorted(self.failures.items())}

    def _way_out(self, name: str) -> str:
        served = self.served.get(name)
        if served is None or served.version not in served.published:  # no longer on the disk
            return ""
        return how_to_serve(name, served.version)

    def _serve(self, name: str, seen: Signature | None, accept: Accept) -> Served:
        home = self._root / name
        version, old, failure = self._wanted(home), self.served.get(name), self.failures.get(name)
        if old is not None and old.version == version:
            return old._replace(published=on_disk(home))
        if failure is not None and failure.signature == seen and not failure.passing:
            raise CheckpointError(failure.reason)  # nothing has changed: don't read it all again
        manifest = accept(name, version)
        logger.info("serving %s@%s: %s nodes", name, version, f"{manifest.counts.nodes:,}")
        return Served(version, manifest, on_disk(home))

    def _failure(self, name: str, error: Exception, seen: Signature | None) -> Failure:
        """Note why a version can't be served; logged when the reason is a new one."""
        failure, old = Failure.of(error, seen), self.failures.get(name)
        if old is None or old.reason != failure.reason:
            self._observer.version_failed(name)
            trace = None if isinstance(error, CheckpointError) else error
            logger.error("can't load model %s: %s", name, failure.reason, exc_info=trace)
        unchanged = old is not None and old.signature == seen
        return failure._replace(rejected=old.rejected) if old is not None and unchanged else failure

    def _stand_in(self, name: str, failure: Failure, accept: Accept) -> Served | None:
        """The newest whole version, for a wanted one that can't be served; looked for once."""
        old = self.failures.get(name)
        if old is not None and old.signature == failure.signature:
            return None
        return self._newest(name, failure, accept)

    def _newest(self, name: str, failure: Failure, accept: Accept) -> Served | None:
        home, current = self._root / name, None
        with suppress(CheckpointError):
            current = current_version(home)
        for version in reversed(published := on_disk(home)):
            if version == current or version in failure.rejected:
                continue
            with suppress(Exception):  # as bad as the current one, or worse
                manifest = accept(name, version)
                logger.error("serving %s@%s in place of the current version, which can't be loaded", name, version)
                return Served(version, manifest, published)
        return None
