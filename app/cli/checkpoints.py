"""`latentlink inspect`, `activate`, `prune` and `install`: operations on checkpoints."""

from pathlib import Path
from typing import Annotated

import typer

from latentlink.app.cli.console import printable
from latentlink.app.cli.options import STORE, Model, Store
from latentlink.models.checkpoint import store
from latentlink.models.checkpoint.baselines import stronger_baselines


def inspect(
    model: Model,
    checkpoints: Store = STORE,
) -> None:
    """Check every digest of a checkpoint and print its facts."""
    manifest = store.find(checkpoints, model).manifest
    counts = manifest.counts
    typer.echo(f"{manifest.name}@{manifest.version}: intact, {len(manifest.files)} files verified")
    typer.echo(f"model       {manifest.model}, encoder {printable(manifest.encoder)}, seed {manifest.seed}")
    typer.echo(f"graph       {counts.nodes:,} nodes, {counts.edges:,} edges, {counts.features:,} features")
    typer.echo(f"embeddings  {counts.nodes:,} × {counts.dim}")
    parts = manifest.metrics.document() | {"posterior": manifest.training.document().get("posterior")}
    for part, facts in parts.items():
        numbers = facts.items() if isinstance(facts, dict) else ()
        shown = ", ".join(
            f"{printable(name).replace('_', ' ')} {value:.4f}" for name, value in numbers if type(value) in (int, float)
        )
        if shown:
            typer.echo(f"{printable(part):<11} {shown}")
    if stronger := stronger_baselines(manifest.metrics):
        typer.echo(f"warning     beaten by {printable(', '.join(stronger)).replace('_', ' ')}")
    typer.echo(f"created     {manifest.created_at:%Y-%m-%d %H:%M:%S} UTC")


def activate(name: str, version: str, checkpoints: Store = STORE) -> None:
    """Verify a published version of a model and serve it."""
    store.activate(checkpoints, name, version)
    typer.echo(f"current  {name}@{version}")


def prune(
    name: str,
    keep: Annotated[int, typer.Option(min=0, help="Number of the newest versions to keep.")] = 3,
    checkpoints: Store = STORE,
) -> None:
    """Delete old versions of a model, but not the served one."""
    dropped = store.prune(checkpoints, name, keep)
    typer.echo("\n".join(f"deleted  {name}@{version}" for version in dropped) or "nothing to delete")


def install(
    path: Annotated[Path, typer.Argument(help="A version's directory, trained elsewhere.")], checkpoints: Store = STORE
) -> None:
    """Verify a checkpoint trained elsewhere, copy it in and serve it."""
    typer.echo(f"installed  {store.install(checkpoints, path)}")
