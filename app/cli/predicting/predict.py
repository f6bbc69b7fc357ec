"""The command: its options become a request, whose links are found step by step and written at the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from pydantic import ValidationError
from threadpoolctl import threadpool_info, threadpool_limits

from latentlink.app.cli.options import STORE, Model, Store, path_of
from latentlink.app.cli.predicting.files import require_writable, write_links
from latentlink.app.cli.progress import Watcher, progress
from latentlink.app.errors import ServiceError, UnknownNodesError
from latentlink.app.schemas.links import LinksRequest
from latentlink.app.services.link_lists.columns import Columns
from latentlink.app.services.link_lists.finding import Finder, finder_of
from latentlink.app.services.link_lists.pairs import GivenPairs
from latentlink.app.services.link_lists.saving import State, find, key_of
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint import store
from latentlink.models.errors import DataError
from latentlink.models.fields import field_errors
from latentlink.models.host import available_cpus
from latentlink.models.inference.top_links.best import Links
from latentlink.models.training.steps import Step
from latentlink.models.wording import count, listed_names

MOST = 10_000_000  # links above a threshold, which take 260 MB
_WHICH, _NODES = "Which links", "Which nodes"


def predict(
    model: Model,
    out: Annotated[
        Path, typer.Option(help="File to write: .parquet, .arrow, .csv or .ndjson.", parser=path_of("--out"))
    ],
    top: Annotated[
        int | None, typer.Option(min=1, help="The most likely links of the whole graph.", rich_help_panel=_WHICH)
    ] = None,
    per_node: Annotated[
        int | None, typer.Option(min=1, help="The most likely links of each source.", rich_help_panel=_WHICH)
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            help="File of pairs to score, as edges for training.", parser=path_of("--pairs"), rich_help_panel=_WHICH
        ),
    ] = None,
    min_probability: Annotated[
        float, typer.Option(min=0, max=1, help="Raw probability that a link must reach.", rich_help_panel=_WHICH)
    ] = 0.0,
    min_calibrated: Annotated[
        float,
        typer.Option(min=0, max=1, help="Calibrated probability that a link must reach.", rich_help_panel=_WHICH),
    ] = 0.0,
    known: Annotated[bool, typer.Option("--known", help="List known links, too.", rich_help_panel=_WHICH)] = False,
    relation: Annotated[
        str | None, typer.Option(help="Relation of the links; all by default.", rich_help_panel=_WHICH)
    ] = None,
    nodes: Annotated[
        Path | None,
        typer.Option(
            help="File of sources: .txt, an id a line, or a table of nodes.",
            parser=path_of("--nodes"),
            rich_help_panel=_NODES,
        ),
    ] = None,
    candidates: Annotated[
        Path | None,
        typer.Option(help="File of targets, as --nodes.", parser=path_of("--candidates"), rich_help_panel=_NODES),
    ] = None,
    source_type: Annotated[str | None, typer.Option(help="Type of sources.", rich_help_panel=_NODES)] = None,
    target_type: Annotated[str | None, typer.Option(help="Type of targets.", rich_help_panel=_NODES)] = None,
    filter: Annotated[  # noqa: A002 - the name of the option
        str | None, typer.Option(help="Conditions on columns of targets, as JSON.", rich_help_panel=_NODES)
    ] = None,
    include: Annotated[
        list[str] | None, typer.Option(help="`degrees`: known links of both ends.", show_default=False)
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a prediction that was killed.")] = False,
    checkpoints: Store = STORE,
) -> None:
    """Write the most likely missing links of a graph, or the scores of given pairs, to a file.

    Known links and those held out for evaluation are left out. The list is exact: the same as of all pairs, sorted.
    """
    require_writable(out)
    if pairs is None:
        fields = {
            "limit": top if per_node is not None or min_probability == min_calibrated == 0 else top or MOST,
            "per_node": per_node,
            "min_probability": min_probability,
            "min_calibrated": min_calibrated,
            "known": known,
            "sources": None if nodes is None else _ids(nodes),
            "targets": None if candidates is None else _ids(candidates),
            "filter": None if filter is None else _json(filter),
        }
        _require_number(top, per_node, fields["limit"])
    else:
        given: dict[str, object] = {"--top": top, "--per-node": per_node, "--nodes": nodes, "--candidates": candidates}
        given |= {
            "--filter": filter,
            "--min-probability": min_probability,
            "--min-calibrated": min_calibrated,
            "--known": known,
        }
        _require_alone([name for name, value in given.items() if value])
        fields = {}
    with _teaching():
        asked = LinksRequest.model_validate(
            {
                **fields,
                "relation": relation,
                "source_type": source_type,
                "target_type": target_type,
                "include": include or [],
            }
        )
    with progress() as watcher, _teaching(), threadpool_limits(_threads()):
        watcher.step(Step("reading"))
        scorer = Scorer(store.find(checkpoints, model))
        columns = Columns(scorer, known or pairs is not None, "degrees" in asked.include)
        finder, question = _finder(scorer, asked, pairs)
        state = State(out.with_name(f".{out.name}.resume"), key_of(scorer, question))
        links = _found(finder, state, watcher, resume=resume)
        watcher.step(Step("writing"))
        write_links(out, columns, links)
        state.forget()
    at_limit = top is None and per_node is None and len(links.logits) == MOST
    typer.echo(f"wrote  {out}: {count(len(links.logits), 'link')}{', the most that one list may have' * at_limit}")


def _found(finder: Finder, state: State, watcher: Watcher, *, resume: bool) -> Links:
    watcher.step(Step("searching"))
    began, items = time.monotonic(), 0
    for advance in find(finder, state, resume=resume):
        items += advance.items
        rate = items / max(time.monotonic() - began, 1e-9)
        watcher.share(advance.share, f"{rate:,.0f} {finder.unit}/s")
    return finder.links()


def _finder(scorer: Scorer, asked: LinksRequest, pairs: Path | None) -> tuple[Finder, bytes]:
    """What finds the links, and the question as bytes."""
    if pairs is None:
        return finder_of(scorer, asked), asked.model_dump_json(by_alias=True).encode()
    several = bool(scorer.relations.names) and asked.relation is None
    from latentlink.models.sources.asked import read_pairs

    nodes, relations = read_pairs(pairs, relations=several)
    types = asked.source_type, asked.target_type
    question = orjson.dumps([nodes, relations, asked.relation, *types])
    return GivenPairs(scorer, nodes, types, relations or asked.relation), question


def _ids(path: Path) -> list[str]:
    from latentlink.models.sources.asked import read_ids

    return read_ids(path)


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError as error:
        raise DataError(f'--filter: expected JSON such as \'{{"city": "Rome"}}\', found: {error}') from None


def _require_number(top: int | None, per_node: int | None, limit: object) -> None:
    if top is not None and per_node is not None:
        raise DataError("--top: expected it without --per-node, found both; leave out one")
    if per_node is None and limit is None:
        raise DataError(
            "--top: expected how many links, found nothing; pass --top 1000, --per-node 10, --min-calibrated 0.5 or --pairs FILE"
        )


def _require_alone(given: list[str]) -> None:
    if given:
        raise DataError(f"--pairs: expected it without {', '.join(given)}, found both; leave out --pairs or the others")


def _threads() -> int:
    """Threads of BLAS: the CPUs that the cgroup gives, or fewer where the environment says so."""
    return min([available_cpus(), *(int(library["num_threads"]) for library in threadpool_info())])


@contextmanager
def _teaching() -> Iterator[None]:
    """Errors of the data plane and of fields, as those of the command."""
    try:
        yield
    except UnknownNodesError as error:
        close = [f"{shown!r}: {listed_names(near)}" for shown, near in error.suggestions().items() if near]
        raise DataError(f"{error}" + (f"; near {', '.join(close)}" if close else "")) from None
    except ServiceError as error:
        raise DataError(str(error)) from None
    except ValidationError as error:
        wrong = field_errors(error.errors())
        raise DataError("; ".join(f"--{e.field}: expected {e.expected}, found {e.found}" for e in wrong)) from None
