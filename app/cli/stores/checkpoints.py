"""`latentlink list`, `inspect`, `activate`, `rename`, `prune` and `install`: operations on checkpoints."""

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Annotated

import orjson
import typer

from latentlink.app.cli.console import printable
from latentlink.app.cli.options import STORE, Model, Store, path_of
from latentlink.app.cli.report import beaten_text, size_text, sizes
from latentlink.app.cli.stores.remote import ANY_STORE, AnyStore
from latentlink.models.checkpoint import moving, store
from latentlink.models.checkpoint.baselines import COMPARED, beaten_on
from latentlink.models.checkpoint.listing import Listed
from latentlink.models.errors import CheckpointError
from latentlink.models.facts.published import ModelFacts
from latentlink.models.facts.used_parts import UsedParts
from latentlink.models.wording import count


def inspect(
    model: Model,
    checkpoints: Store = STORE,
) -> None:
    """Check every digest of a checkpoint and print its facts."""
    checkpoint = store.find(checkpoints, model)
    manifest = checkpoint.manifest
    counts = manifest.counts
    typer.echo(f"{manifest.name}@{manifest.version}: intact, {len(manifest.files)} files verified")
    typer.echo(f"model       {manifest.model}, encoder {printable(manifest.encoder)}, seed {manifest.seed}")
    directed, relations = ", directed" * manifest.directed, len(manifest.relations)
    of_relations = f", {count(relations, 'relation')}" if relations else ""
    typer.echo(f"graph       {sizes(counts.nodes, counts.edges, counts.features)}{directed}{of_relations}")
    typer.echo(f"embeddings  {counts.nodes:,} × {counts.dim}")
    if manifest.parts is not None:
        typer.echo(f"parts       {UsedParts(manifest.parts, manifest.config.parts, checkpoint.weights)}")
    parts = manifest.metrics.document() | {"posterior": manifest.training.document().get("posterior")}
    for part, facts in parts.items():
        numbers = facts.items() if isinstance(facts, dict) else ()
        shown = ", ".join(
            f"{printable(name).replace('_', ' ')} {_number(value)}"
            for name, value in numbers
            if isinstance(value, int | float) and not isinstance(value, bool)
        )
        if shown:
            typer.echo(f"{printable(part):<11} {shown}")
    if beaten := beaten_on(manifest.metrics):
        typer.echo(f"warning     heuristics beat the model: {printable(beaten_text(beaten))}")
    typer.echo(f"created     {manifest.created_at:%Y-%m-%d %H:%M:%S} UTC")


def _kind(facts: ModelFacts) -> str:
    """`vgae`, and whether its encoder adds to the logits."""
    return facts.model if facts.dense else f"{facts.model} without encoder"


def _number(value: float) -> str:
    """Counts as such, measured numbers with four decimals."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def list_models(
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
    checkpoints: AnyStore = ANY_STORE,
) -> None:
    """List all models and versions: which one is current, when it was published, sizes, and AP and full MRR of the test.

    The last column names the metrics on which a heuristic beats the model.
    Of the files only the sizes are checked; `inspect` verifies them.
    """
    found = list(checkpoints.listed())
    if as_json:
        typer.echo(orjson.dumps([_as_json(one) for one in found]))
        return
    typer.echo(_listing(found) if found else f"no models in {checkpoints}")
    for one in found:
        if isinstance(one.facts, CheckpointError):
            typer.echo(f"warning: {one.facts}", err=True)


def _listing(found: Sequence[Listed]) -> str:
    rows: list[tuple[str, ...]] = [
        (
            "model",
            "version",
            "current",
            "created (UTC)",
            "kind",
            "nodes",
            "edges",
            "size",
            "test AP",
            "full MRR",
            "beaten on",
        )
    ]
    rows += [_row(one) for one in found]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _row(one: Listed) -> tuple[str, ...]:
    own = one.name, one.version, "*" if one.current else ""
    if isinstance(one.facts, CheckpointError):
        return (*own, *["damaged", *[""] * 7])
    counts, metrics = one.facts.counts, one.facts.metrics
    created = f"{one.facts.created_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    scores = ("–" if value is None else f"{value:.4f}" for value in (metrics.test.ap, metrics.test.full_mrr))
    beaten = ", ".join(COMPARED[metric] for metric in beaten_on(metrics))
    return (
        *own,
        created,
        _kind(one.facts),
        f"{counts.nodes:,}",
        f"{counts.edges:,}",
        size_text(one.size),
        *scores,
        beaten,
    )


def _as_json(one: Listed) -> dict[str, object]:
    own: dict[str, object] = {"name": one.name, "version": one.version, "current": one.current}
    if isinstance(one.facts, CheckpointError):
        return {**own, "error": str(one.facts)}
    return {
        **own,
        "created_at": one.facts.created_at,
        "kind": one.facts.model,
        "counts": one.facts.counts.document(),
        "bytes": one.size,
        "ap": one.facts.metrics.test.ap,
        "full_mrr": one.facts.metrics.test.full_mrr,
        "beaten_on": beaten_on(one.facts.metrics),
    }


def activate(name: str, version: str, checkpoints: AnyStore = ANY_STORE) -> None:
    """Verify a published version of a model and serve it.

    At a URL the manifest and the sizes of the files are verified; each service verifies their digests.
    """
    checkpoints.activate(name, version)
    typer.echo(f"current  {name}@{version}")


def rename(old: str, new: str, checkpoints: Store = STORE) -> None:
    """Give a model with all its versions another name, under which the service then serves it."""
    typer.echo(f"renamed  {moving.rename(checkpoints, old, new)}")


def prune(
    name: str,
    keep: Annotated[int, typer.Option(min=0, help="Number of the newest versions to keep.")] = 3,
    checkpoints: AnyStore = ANY_STORE,
) -> None:
    """Delete old versions of a model, but not the served one."""
    dropped = checkpoints.prune(name, keep)
    typer.echo("\n".join(f"deleted  {name}@{version}" for version in dropped) or "nothing to delete")


def install(
    path: Annotated[Path, typer.Argument(help="A version's directory, trained elsewhere.", parser=path_of("path"))],
    name: Annotated[str | None, typer.Option(help="Name of the model here; by default the one that it has.")] = None,
    checkpoints: Store = STORE,
) -> None:
    """Verify a checkpoint trained elsewhere, copy it in and serve it."""
    typer.echo(f"installed  {moving.install(checkpoints, path, name)}")
