"""The `latentlink` command: the top floor, the only package that ties the service and the learning side together.

Training is imported when it is asked for: the service must start without torch, and without waiting for it.
"""

import os
import signal
import sys


def main() -> None:
    """Run the command line; what a user can mend ends with one message and exit code 2, never with a traceback."""
    # Process 1 of a container ignores a SIGTERM that it does not handle: handle it before the imports, which take a while.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # Large tensors in huge pages: else a training on a million nodes spends half of its time waiting for single ones.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    from latentlink.app.cli.commands import run

    run()
