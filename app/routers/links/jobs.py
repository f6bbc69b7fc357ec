"""Lists of links of any length, as jobs."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from starlette.responses import FileResponse, StreamingResponse

from latentlink.app.deps import ModelDep, StateDep, key_of
from latentlink.app.errors import JobNotFinishedError, JobsOffError, NotReadyError
from latentlink.app.http.computed import result_of
from latentlink.app.http.negotiation import ARROW_TYPE, CSV_TYPE, JSON_TYPE, NDJSON_TYPE, negotiate
from latentlink.app.http.requests import JSONBody, StrictRoute, require_at_most
from latentlink.app.http.responses import JSON, as_json
from latentlink.app.http.scopes import needs
from latentlink.app.schemas import jobs as answers
from latentlink.app.schemas.links import LinksRequest
from latentlink.app.services.jobs.table import Job, JobTable
from latentlink.app.services.link_lists.estimate import estimate
from latentlink.app.services.link_lists.finding import finder_of
from latentlink.app.services.lookup import LOOKED_UP
from latentlink.app.services.scorer import Scorer

router = APIRouter(route_class=StrictRoute, tags=["jobs"])

read_links_request = JSONBody(LinksRequest)

_EVENTS_TYPE, _PARQUET_TYPE = "text/event-stream", "application/vnd.apache.parquet"
_RESULTS = {NDJSON_TYPE: ".ndjson", CSV_TYPE: ".csv", ARROW_TYPE: ".arrow", _PARQUET_TYPE: ".parquet"}
_EVERY = 1.0  # seconds between two events
_MARKED = 20  # operations that take as long as to choose and sort a node
_TEXT, _BYTES = {"type": "string"}, {"type": "string", "format": "binary"}
_FILES: dict[int | str, dict[str, Any]] = {  # JSON schemas
    200: {"content": {media: {"schema": _TEXT if media in (NDJSON_TYPE, CSV_TYPE) else _BYTES} for media in _RESULTS}}
}
_EVENTS: dict[int | str, dict[str, Any]] = {200: {"content": {_EVENTS_TYPE: {"schema": {"type": "string"}}}}}

JobId = Annotated[str, Path(description="The id of a job.", examples=["0123456789abcdef0123456789abcdef"])]


async def get_table(state: StateDep) -> JobTable:
    """The table of jobs, where the operator has given them a directory."""
    if state.jobs is None:
        raise JobsOffError(
            "jobs: expected LATENTLINK_JOBS where the service runs, found it unset; set it, or run latentlink predict"
        )
    return state.jobs


TableDep = Annotated[JobTable, Depends(get_table)]


@router.post(
    "/v1/models/{model}/links:search",
    operation_id="search_links",
    status_code=202,
    response_model=answers.Job,
    summary="Find the most likely missing links of the whole graph, as a job",
    openapi_extra=read_links_request.openapi(),
)
@needs("write")
async def search_links(
    request: Request,
    model: ModelDep,
    state: StateDep,
    table: TableDep,
    body: Annotated[LinksRequest, Depends(read_links_request)],
) -> JSON:
    """`Location` names the job. The same question of the same key to the same version is the same job, unless it failed."""
    most, n = state.settings.max_links, len(model.nodes)
    require_at_most("limit", body.limit or 0, most)
    require_at_most("sources", len(body.sources or ()), state.settings.max_nodes)
    require_at_most("targets", len(body.targets or ()), state.settings.max_nodes)
    require_at_most(
        "per_node × sources", (body.per_node or 0) * (n if body.sources is None else len(body.sources)), most
    )
    await result_of(state, partial(finder_of, model, body), _work(model, body))  # refuses what can't be found
    question = body.model_dump_json(by_alias=True, exclude_defaults=True)
    job = await _run(partial(table.submit, _owner(request), model.name, model.version, question))
    request.state.audit = {"job": job.id}
    location = f"{request.scope.get('root_path', '')}/v1/jobs/{job.id}"
    return JSON(_shown(table, job), 202, {"Location": location, "Retry-After": "1"})


@router.post(
    "/v1/models/{model}/links:estimate",
    operation_id="estimate_links",
    response_model=answers.LinksEstimate,
    summary="What a search of the whole graph takes at most",
    openapi_extra=read_links_request.openapi(),
)
async def estimate_links(
    model: ModelDep, state: StateDep, body: Annotated[LinksRequest, Depends(read_links_request)]
) -> JSON:
    """Before it is asked for; limits do not hold for an estimate."""
    found = await result_of(state, partial(estimate, model, body), _work(model, body))
    return JSON({"model": model.name, "version": model.version, **found._asdict()})


@router.get("/v1/jobs", operation_id="list_jobs", response_model=answers.JobList, summary="The jobs of this key")
async def list_jobs(request: Request, table: TableDep) -> JSON:
    """The newest first, until they expire."""
    key = key_of(request.scope)
    jobs = await _run(partial(table.all, key.name))
    return JSON({"jobs": [_shown(table, job) for job in jobs if key.is_for(job.model)]})


@router.get(
    "/v1/jobs/{job}", operation_id="get_job", response_model=answers.Job, responses=_EVENTS, summary="How far a job is"
)
async def get_job(request: Request, table: TableDep, job: JobId) -> Response:
    """As JSON, or with `Accept: text/event-stream` as events, one a second, until it has ended."""
    found, look = await _found(request, table, job), partial(table.get, job, _owner(request))
    if negotiate(request, (JSON_TYPE, _EVENTS_TYPE)) == JSON_TYPE:
        return JSON(_shown(table, found))

    async def events() -> AsyncIterator[bytes]:
        now = found
        while True:
            yield b"data: " + as_json(_shown(table, now)) + b"\n\n"
            if now.ended is not None:
                return
            await asyncio.sleep(_EVERY)
            now = await _run(look)

    return StreamingResponse(events(), media_type=_EVENTS_TYPE, headers={"Cache-Control": "no-cache"})


@router.get(
    "/v1/jobs/{job}/result",
    operation_id="get_result",
    response_class=Response,
    responses=_FILES,
    summary="The links that a job has found",
)
async def get_result(request: Request, table: TableDep, job: JobId) -> Response:
    """The whole list, best first, in the format of `Accept`, with `ETag` and ranges."""
    found = await _found(request, table, job)
    if found.state != "succeeded":
        raise JobNotFinishedError(f"job {job}: expected one that has succeeded, found one that is {found.state}")
    folder = table.folder(job)
    offered = [media for media, suffix in _RESULTS.items() if (folder / f"links{suffix}").exists()]
    media = negotiate(request, offered)
    name = f"links{_RESULTS[media]}"
    return FileResponse(folder / name, media_type=media, filename=name, headers={"Vary": "Accept"})


@router.delete("/v1/jobs/{job}", operation_id="delete_job", status_code=204, summary="End and forget a job")
@needs("write")
async def delete_job(request: Request, table: TableDep, job: JobId) -> Response:
    """A job that waits or runs ends; one that has ended is removed with its result."""
    await _run(partial(table.delete, job, _owner(request)))
    return Response(status_code=204)


def _work(model: Scorer, body: LinksRequest) -> int:
    """Operations that it takes to find out what is searched."""
    return LOOKED_UP * (len(body.sources or ()) + len(body.targets or ())) + _MARKED * len(model.nodes)


async def _found(request: Request, table: JobTable, job: str) -> Job:
    """A job of the key that asks, which must be for its model still."""
    found: Job = await _run(partial(table.get, job, _owner(request)))
    key_of(request.scope).require_model(found.model)
    return found


def _owner(request: Request) -> str:
    """The name of the key that asks; empty where none are configured."""
    return key_of(request.scope).name


async def _run(work: Any) -> Any:
    """The table is a file, which another process may be writing to.

    Raises:
        NotReadyError: the directory of jobs can't be written to any more.
    """
    try:
        return await asyncio.to_thread(work)
    except (OSError, sqlite3.Error) as error:
        raise NotReadyError(f"jobs: expected a directory of jobs to write to, found an error: {error}") from error


def _shown(table: JobTable, job: Job) -> answers.Job:
    shown: answers.Job = {
        "model": job.model,
        "version": job.version,
        "id": job.id,
        "state": job.state,
        "progress": job.share,
        "found": job.found,
        "created_at": _moment(job.created),
    }
    if job.seconds_left is not None:
        shown["seconds_left"] = job.seconds_left
    if job.error is not None:
        shown["error"] = job.error
    if job.ended is not None:
        shown["expires_at"] = _moment(job.ended + table.keep_seconds)
    return shown


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
