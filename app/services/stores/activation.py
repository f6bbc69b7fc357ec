"""Let `CURRENT` of a model name another version, one activation at a time."""

import logging
import threading
from pathlib import Path

from latentlink.app.errors import ConflictError, ReadOnlyStoreError, UnknownModelError
from latentlink.models.checkpoint.store import activate
from latentlink.models.errors import CheckpointError, DataError, ReadOnlyError

logger = logging.getLogger(__name__)


class Activation:
    """Activates versions under a directory.

    Args:
        root: directory of checkpoints.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._busy = threading.Lock()  # each would wait in a thread while a publisher holds the directory

    def activate(self, name: str, version: str) -> None:
        """Verify a version and let `CURRENT` name it. Blocks on the disk.

        Raises:
            UnknownModelError: there is no such model, or not that version of it.
            ConflictError: the version is damaged, or another activation has not ended.
            ReadOnlyStoreError: the directory can't be written to.
        """
        if not self._busy.acquire(blocking=False):
            raise ConflictError("activation: expected one at a time, found another that has not ended; try again")
        try:
            activate(self._root, name, version)
        except DataError as error:
            raise UnknownModelError(str(error)) from None
        except ReadOnlyError as error:
            raise ReadOnlyStoreError(f"{error}; activate it where it is trained") from None
        except CheckpointError as error:
            raise ConflictError(str(error)) from None
        finally:
            self._busy.release()
        logger.info("activated %s@%s", name, version)
