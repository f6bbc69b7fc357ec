"""Lists of links as jobs: asked, followed, fetched, deleted, and refused."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from arro3.io import read_ipc_stream, read_parquet

import latentlink
from latentlink import Job
from latentlink.app import lifespan
from latentlink.app.cli.predicting import runner
from latentlink.app.schemas.links import LinksRequest
from latentlink.app.services.jobs.supervisor import Supervisor
from latentlink.app.services.jobs.table import WAITING, JobTable
from latentlink.app.services.scorer import Scorer
from latentlink.client.links import has_ended
from latentlink.models.checkpoint import open_checkpoint
from tests.app.services.link_lists.oracle import all_links
from tests.support import Client, assert_problem, eventually, serving, wrong_fields

SEARCH = "/v1/models/small/links:search"


@pytest.fixture
def table(tmp_path: Path) -> JobTable:
    """The jobs of the service below."""
    return JobTable(tmp_path / "jobs", 86_400)


@pytest.fixture
def client(checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A service with jobs, which `finish` runs in this process."""
    monkeypatch.setattr(Supervisor, "look", lambda _: None)
    with serving(checkpoints, poll_seconds=3600, jobs=tmp_path / "jobs", max_links=100) as client:
        yield client


def finish(table: JobTable, checkpoints: Path) -> None:
    """Run all jobs that wait."""
    while (job := table.claim()) is not None:
        runner.run(table, job, checkpoints)


def test_a_job_finds_the_best_links(client: Client, table: JobTable, checkpoints: Path) -> None:
    """202 with its place; then its state, and its result in four formats, to the bit that of all pairs."""
    asked = client.post(SEARCH, json={"limit": 20, "include": ["degrees"]})
    job = asked.json()
    assert (asked.status_code, job["state"], job["progress"]) == (202, "queued", 0)
    where = asked.headers["location"]
    assert where == f"/v1/jobs/{job['id']}"
    assert_problem(client.get(f"{where}/result"), 409, "job-not-finished")
    finish(table, checkpoints)
    done = client.get(where).json()
    assert (done["state"], done["progress"], done["found"]) == ("succeeded", 1, 20)
    result = client.get(f"{where}/result")
    lines = [json.loads(line) for line in result.content.splitlines()]
    model = Scorer(open_checkpoint(next(checkpoints.glob("small/2*"))))
    best = all_links(model, LinksRequest(limit=20))[:20]
    assert [line["logit"] for line in lines] == [link.logit for link in best]
    assert [line["source"] for line in lines] == [model.nodes.id(link.source) for link in best]
    assert [*lines[0]][-2:] == ["source_degree", "target_degree"]
    for media, read in (
        ("application/vnd.apache.arrow.stream", read_ipc_stream),
        ("application/vnd.apache.parquet", read_parquet),
    ):
        answer = client.get(f"{where}/result", headers={"accept": media})
        file = table.directory / f"answer{len(media)}"
        file.write_bytes(answer.content)
        rows: Any = read(file).read_all()
        assert [value.as_py() for value in rows["logit"]] == [line["logit"] for line in lines]
        assert answer.headers["content-type"] == media
    assert client.get(f"{where}/result", headers={"accept": "text/csv"}).text.startswith("source,target,probability")
    assert_problem(client.get(f"{where}/result", headers={"accept": "image/png"}), 406, "not-acceptable")


def test_a_part_of_a_result_is_answered(client: Client, table: JobTable, checkpoints: Path) -> None:
    """A range of its bytes, of the same tag."""
    where = client.post(SEARCH, json={"limit": 20}).headers["location"]
    finish(table, checkpoints)
    whole = client.get(f"{where}/result")
    part = client.get(
        f"{where}/result", headers={"range": "bytes=10-29", "if-range": whole.headers["etag"].removeprefix("W/")}
    )
    assert (part.status_code, part.content) == (206, whole.content[10:30])


def test_the_same_question_is_the_same_job(client: Client, table: JobTable, checkpoints: Path) -> None:
    """While it waits, and once it has succeeded; another question is another job."""
    first, again, other = (
        client.post(SEARCH, json=body).json() for body in ({"limit": 5}, {"limit": 5.0}, {"limit": 6})
    )
    assert first == again
    assert other["id"] != first["id"]
    finish(table, checkpoints)
    assert client.post(SEARCH, json={"limit": 5}).json()["state"] == "succeeded"
    assert [job["id"] for job in client.get("/v1/jobs").json()["jobs"]] == [other["id"], first["id"]]


def test_a_job_is_followed_as_events(client: Client, table: JobTable, checkpoints: Path) -> None:
    """One after the other until it has ended."""
    where = client.post(SEARCH, json={"per_node": 1}).headers["location"]
    timer = threading.Timer(0.2, finish, (table, checkpoints))
    timer.start()
    events = client.get(where, headers={"accept": "text/event-stream"})
    timer.join()
    assert events.headers["content-type"].startswith("text/event-stream")
    states = [json.loads(event.removeprefix("data: "))["state"] for event in events.text.split("\n\n") if event]
    assert (states[0], states[-1]) == ("queued", "succeeded")


def test_a_deleted_job_is_gone(client: Client, table: JobTable, checkpoints: Path) -> None:
    """With its files; one that is running ends at its next note."""
    where = client.post(SEARCH, json={"limit": 5}).headers["location"]
    job = table.claim()
    assert job is not None
    assert client.delete(where).status_code == 204
    runner.run(table, job, checkpoints)
    assert_problem(client.get(where), 404, "unknown-job")
    assert_problem(client.delete(where), 404, "unknown-job")
    assert [path.name for path in table.directory.iterdir()] == ["jobs.sqlite3"]


def test_what_can_not_be_is_refused(client: Client, checkpoints: Path) -> None:
    """Fields, ids and limits, before a job is made; a seventeenth job that waits; and any where jobs are off."""
    assert wrong_fields(client.post(SEARCH, json={})) == ["limit"]
    assert wrong_fields(client.post(SEARCH, json={"limit": 101})) == ["limit"]
    assert wrong_fields(client.post(SEARCH, json={"per_node": 2})) == ["per_node × sources"]
    assert_problem(client.post(SEARCH, json={"limit": 5, "sources": ["?"]}), 404, "unknown-node")
    assert_problem(client.post(SEARCH, json={"limit": 5, "relation": "likes"}), 409, "unsupported-by-model")
    assert client.get("/v1/jobs").json() == {"jobs": []}
    for limit in range(1, WAITING + 1):
        assert client.post(SEARCH, json={"limit": limit}).status_code == 202
    assert_problem(client.post(SEARCH, json={"limit": 99}), 503, "overloaded")
    with serving(checkpoints, poll_seconds=3600) as off:
        for answer in (off.post(SEARCH, json={"limit": 5}), off.get("/v1/jobs")):
            assert_problem(answer, 409, "jobs-off")


def test_an_estimate_counts_the_pairs(client: Client) -> None:
    """All pairs of 60 nodes, or those of three sources with the others; with no job at the end."""
    estimate = "/v1/models/small/links:estimate"
    whole = client.post(estimate, json={"limit": 5000}).json()
    assert (whole["pairs"], whole["links"]) == (60 * 59 // 2, 60 * 59 // 2)
    assert whole["seconds"] > 0
    assert whole["bytes"] > whole["links"] * 100
    some = client.post(estimate, json={"per_node": 2, "sources": ["a", "b", "c"]}).json()
    assert (some["pairs"], some["links"]) == (3 * 57 + 3, 6)
    assert_problem(client.post(estimate, json={"limit": 5, "relation": "likes"}), 409, "unsupported-by-model")
    assert client.get("/v1/jobs").json() == {"jobs": []}


def test_a_job_belongs_to_its_key(checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another key does not see it, and has a job of its own for the same question."""
    monkeypatch.setattr(Supervisor, "look", lambda _: None)
    one, other = ({"authorization": f"Bearer {secret}"} for secret in ("first-key", "other-key"))
    keys = {"api_keys": "one first-key\ntwo other-key"}
    with serving(checkpoints, poll_seconds=3600, jobs=tmp_path / "jobs", **keys) as client:
        mine = client.post(SEARCH, json={"limit": 5}, headers=one).json()["id"]
        assert_problem(client.get(f"/v1/jobs/{mine}", headers=other), 404, "unknown-job")
        assert_problem(client.delete(f"/v1/jobs/{mine}", headers=other), 404, "unknown-job")
        assert client.get("/v1/jobs", headers=other).json() == {"jobs": []}
        assert client.post(SEARCH, json={"limit": 5}, headers=other).json()["id"] != mine


def test_the_service_runs_its_jobs(checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process of their own, which ends when there are none left."""
    monkeypatch.setattr(lifespan, "JOBS_SECONDS", 0.05)
    with serving(checkpoints, poll_seconds=3600, jobs=tmp_path / "jobs") as client:
        where = client.post(SEARCH, json={"limit": 5}).headers["location"]
        eventually(lambda: client.get(where).json()["state"] == "succeeded", 60)
        assert len(client.get(f"{where}/result").content.splitlines()) == 5


def test_a_directory_that_is_lost_is_an_outage(client: Client, table: JobTable) -> None:
    """503, as of a model that can't be loaded."""
    table.directory.write_text("a file")
    assert_problem(client.post(SEARCH, json={"limit": 5}), 503, "not-ready")


def test_the_clients_wait_for_a_list(client: Client, table: JobTable, checkpoints: Path) -> None:
    """They get the columns of the job's list, and show how far it is; a job that failed raises its reason."""
    followed: list[Job] = []

    def follow(job: Job) -> None:
        followed.append(job)
        finish(table, checkpoints)

    with latentlink.Client("http://testserver", model="small", transport=client._transport) as waiting:
        found = waiting.search_links(limit=7, include=["degrees"], on_progress=follow)
        assert ([job["state"] for job in followed], len(found)) == (["queued"], 7)
        model = Scorer(open_checkpoint(next(checkpoints.glob("small/2*"))))
        assert found.columns["logit"] == [link.logit for link in all_links(model, LinksRequest(limit=7))[:7]]
        assert found.to_pandas().shape == (7, len(found.columns))
    with pytest.raises(latentlink.APIError, match="job failed: no room"):
        has_ended({**followed[0], "state": "failed", "error": "no room"})
