"""`latentlink reconstruct` and `sample`: features from a checkpoint of an AE or a VAE."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from latentlink.app.cli.options import STORE, Model, Store, path_of
from latentlink.models.arrays import Float32
from latentlink.models.checkpoint import Checkpoint, store
from latentlink.models.errors import CheckpointError, DataError
from latentlink.models.graph.features import Features, blocks, dense_rows
from latentlink.models.inference.decoder import KINDS, Weights, completed, expected, samples
from latentlink.models.wording import count

Out = Annotated[Path, typer.Option(help="File to write: .csv, .parquet or .npz.", parser=path_of("--out"))]


def reconstruct(
    model: Model,
    out: Out,
    missing_only: Annotated[
        bool, typer.Option("--missing-only", help="Keep known cells and fill in missing ones.")
    ] = False,
    checkpoints: Store = STORE,
) -> None:
    """Write the features of all nodes as reconstructed by an AE or VAE: denoised, with missing cells filled in.

    A binary feature becomes a probability.
    """
    checkpoint, weights = _opened(checkpoints, model)
    known = _features(checkpoint) if missing_only else None
    ids = checkpoint.nodes.ids(range(len(checkpoint.nodes)))
    _write(out, checkpoint, ids, len(ids), _reconstructed(checkpoint, weights, known))
    typer.echo(f"wrote  {out}: {count(len(ids), 'node')} × {count(len(weights[KINDS]), 'feature')}")


def sample(
    model: Model,
    out: Out,
    n: Annotated[int, typer.Option("--n", min=1, help="Number of rows to draw.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draw.")] = 0,
    checkpoints: Store = STORE,
) -> None:
    """Draw new feature rows from a VAE: z from N(0, I), decoded; binary features are drawn from their probability."""
    checkpoint, weights = _opened(checkpoints, model)
    if checkpoint.manifest.model != "vae":
        raise DataError(
            f"{model}: expected a vae, whose prior N(0, I) rows are drawn from, found an ae, which has none; "
            "train with --model vae"
        )
    drawn = samples(weights, n, np.random.default_rng(seed))
    _write(out, checkpoint, None, n, drawn)
    typer.echo(f"wrote  {out}: {count(n, 'row')} × {count(len(weights[KINDS]), 'feature')}")


def _opened(checkpoints: Path, model: str) -> tuple[Checkpoint, Weights]:
    """The checkpoint of an AE or VAE, and its weights."""
    checkpoint = store.find(checkpoints, model)
    kind = checkpoint.manifest.model
    if kind not in ("ae", "vae"):
        raise DataError(
            f"{model}: expected an ae or vae, which decode features, found a {kind}; train with --model vae"
        )
    if KINDS not in checkpoint.weights:
        path = checkpoint.path / "weights.safetensors"
        raise CheckpointError(f"{path}: expected a tensor named {KINDS!r}, found none")
    return checkpoint, checkpoint.weights


def _features(checkpoint: Checkpoint) -> Features:
    if checkpoint.features is None:
        raise DataError(
            f"{checkpoint.path}: expected stored features, whose known cells --missing-only keeps, found none; "
            "leave it out"
        )
    return checkpoint.features


def _names(checkpoint: Checkpoint) -> list[str]:
    if checkpoint.preprocessing is not None:
        return list(checkpoint.preprocessing.names)
    return [f"x{column}" for column in range(checkpoint.manifest.counts.features)]


def _reconstructed(checkpoint: Checkpoint, weights: Weights, known: Features | None) -> Iterator[Float32]:
    n, width = checkpoint.manifest.counts.nodes, checkpoint.manifest.counts.features
    for rows in blocks(np.arange(n), width):
        z = checkpoint.dense[rows]
        yield expected(weights, z) if known is None else completed(weights, z, dense_rows(known, rows))


def _write(out: Path, checkpoint: Checkpoint, ids: list[str] | None, n: int, encoded: Iterator[Float32]) -> None:
    """Write rows in the units of the node table of the training."""
    from latentlink.models.sources.writing import Rows, write_rows

    preprocessing = checkpoint.preprocessing
    columns = ([*x.T] if preprocessing is None else preprocessing.in_units(x) for x in encoded)
    write_rows(out, Rows(_names(checkpoint), ids, n, columns))
