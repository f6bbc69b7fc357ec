"""The process that runs jobs, one after the other, and ends when there are none: `python -m …runner JOBS CHECKPOINTS KEEP`.

The service starts it. It is niced, leaves a processor to the service, and keeps how far a job is every ten seconds, so that the
next runner goes on after a crash and ends with the same bytes.
"""

import logging
import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from threadpoolctl import threadpool_limits

from latentlink.app.cli.predicting.files import PARQUET, SUFFIXES, write_links
from latentlink.app.errors import ServiceError
from latentlink.app.schemas.links import LinksRequest
from latentlink.app.services.jobs.supervisor import LOCK
from latentlink.app.services.jobs.table import Job, JobTable
from latentlink.app.services.link_lists.columns import Columns
from latentlink.app.services.link_lists.finding import finder_of
from latentlink.app.services.link_lists.saving import State, find, key_of
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint.disk.locking import exclusive
from latentlink.models.checkpoint.store import open_version
from latentlink.models.errors import LatentlinkError
from latentlink.models.host import available_cpus
from latentlink.models.inference.top_links.best import Links

logger = logging.getLogger(__name__)

NOTED = 0.5  # seconds between two notes on how far a job is
_NICE = 10


def main(jobs: str, checkpoints: str, keep_seconds: str) -> None:
    """Run all jobs, unless another process does."""
    table = JobTable(Path(jobs), float(keep_seconds))
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C at the service ends it, without a trace
    os.nice(_NICE)
    threads = threadpool_limits(max(1, available_cpus() - 1))
    with suppress(BlockingIOError), exclusive(table.directory / LOCK, wait=False), threads:
        while (job := table.claim()) is not None:
            run(table, job, Path(checkpoints))


def run(table: JobTable, job: Job, checkpoints: Path) -> None:
    """Run one job to its end, or until it is no longer there."""
    folder = table.folder(job.id)
    folder.mkdir(exist_ok=True)
    try:
        links = _found(table, job, checkpoints, folder)
    except (LatentlinkError, ServiceError) as error:
        table.finish(job.id, 0, str(error))
    except Exception as error:
        logger.exception("job %s failed", job.id)
        table.finish(job.id, 0, f"a bug in the service: {type(error).__name__}; its log has the reason")
    else:
        if links is not None:
            (folder / "state.npz").unlink(missing_ok=True)
            table.finish(job.id, len(links.logits))
            return
    shutil.rmtree(folder, ignore_errors=True)


def _found(table: JobTable, job: Job, checkpoints: Path, folder: Path) -> Links | None:
    """The links of a job, once they are in its files; None if it is no longer there."""
    model = Scorer(open_version(checkpoints / job.model, job.model, job.version))
    asked = LinksRequest.model_validate_json(job.question)
    finder, first = finder_of(model, asked), None
    due = 0.0
    for advance in find(finder, State(folder / "state.npz", key_of(model, job.question.encode())), resume=True):
        now = time.monotonic()
        began, done = first = first or (now, advance.share)
        if now >= due:
            due = now + NOTED
            left = (now - began) / (advance.share - done) * (1 - advance.share) if advance.share > done else None
            if not table.advance(job.id, advance.share, finder.found, left):
                return None
    links, columns = finder.links(), Columns(model, asked.known, "degrees" in asked.include)
    for suffix in SUFFIXES:
        if suffix != PARQUET or find_spec("arro3") is not None:
            write_links(folder / f"links{suffix}", columns, links)
    return links


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    main(*sys.argv[1:])
