"""The `latentlink` command: the top floor, the only module that ties the service and the learning side together.

Training is imported when it is asked for: the service must start without torch, and without waiting for it.
"""

import copy
import os
import signal
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from pydantic import ValidationError

from app.problems import field_errors
from app.settings import PREFIX, Settings
from models.checkpoint import open_checkpoint, store
from models.checkpoint.publish import locked, require_name
from models.config import TrainingConfig
from models.errors import DataError, LatentlinkError

if TYPE_CHECKING:
    from models.graph import Graph
    from models.training import Epoch, Trained

cli = typer.Typer(
    help="Link prediction behind HTTP: train a graph autoencoder, serve its edge probabilities.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

DEFAULTS = TrainingConfig()
Store = Annotated[Path, typer.Option("--checkpoints", envvar=f"{PREFIX}CHECKPOINTS", help="Directory of checkpoints.")]
STORE = Path("checkpoints")
DATA, MODEL, RUN = "Data", "Model", "Run"


def main() -> None:
    """Run the command line; what a user can mend ends with one message and exit code 2, never with a traceback."""
    try:
        cli()
    except LatentlinkError as error:
        fail(str(error))


def fail(message: str) -> NoReturn:
    """Print `message` to standard error and exit with code 2."""
    typer.secho(f"error: {message}", fg="red", err=True)
    sys.exit(2)


def read_config(context: typer.Context, path: Path | None) -> Path | None:
    """Let the options in a TOML file stand in for those that are not on the command line."""
    if path is None:
        return None
    try:
        options = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path}: expected a readable TOML file, found: {error}") from None
    known = {parameter.name for parameter in context.command.params} - {"config", "help"}
    options = {name.replace("-", "_"): value for name, value in options.items()}
    if unknown := sorted(options.keys() - known):
        raise DataError(
            f"{path}: expected options of `train` ({', '.join(sorted(map(str, known)))}), found {', '.join(unknown)}"
        )
    context.default_map = options
    return path


@cli.command()
def train(
    edges: Annotated[Path | None, typer.Option(help="CSV or TSV of edges, one a row.", rich_help_panel=DATA)] = None,
    features: Annotated[
        Path | None, typer.Option(help="Features: CSV or TSV with a column `node`, or .npz.", rich_help_panel=DATA)
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="`movies` (embedded) or `planetoid:NAME`.", rich_help_panel=DATA)
    ] = None,
    root: Annotated[Path | None, typer.Option(help="Local root of Planetoid's files.", rich_help_panel=DATA)] = None,
    source: Annotated[str, typer.Option(help="Column of an edge's one end.", rich_help_panel=DATA)] = "source",
    target: Annotated[str, typer.Option(help="Column of its other end.", rich_help_panel=DATA)] = "target",
    weight: Annotated[
        str | None, typer.Option(help="Column of weights; `weight` if there is one.", rich_help_panel=DATA)
    ] = None,
    header: Annotated[
        bool,
        typer.Option("--header/--no-header", help="Whether the first row names the columns.", rich_help_panel=DATA),
    ] = True,
    model: Annotated[str, typer.Option(help="gae or vgae.", rich_help_panel=MODEL)] = DEFAULTS.model,
    encoder: Annotated[
        str, typer.Option(help="gcn: two graph convolutions.", rich_help_panel=MODEL)
    ] = DEFAULTS.encoder,
    hidden: Annotated[int, typer.Option(help="Width of the hidden layer.", rich_help_panel=MODEL)] = DEFAULTS.hidden,
    dim: Annotated[int, typer.Option(help="Width of the embeddings.", rich_help_panel=MODEL)] = DEFAULTS.dim,
    epochs: Annotated[int, typer.Option(help="Epochs; the best is kept.", rich_help_panel=RUN)] = DEFAULTS.epochs,
    learning_rate: Annotated[
        float, typer.Option(help="Step size of Adam.", rich_help_panel=RUN)
    ] = DEFAULTS.learning_rate,
    seed: Annotated[int, typer.Option(help="Seed of everything random.", rich_help_panel=RUN)] = DEFAULTS.seed,
    validation: Annotated[
        float, typer.Option(help="Share of edges to select on.", rich_help_panel=RUN)
    ] = DEFAULTS.validation,
    test: Annotated[float, typer.Option(help="Share of edges to report on.", rich_help_panel=RUN)] = DEFAULTS.test,
    refit: Annotated[
        bool,
        typer.Option("--refit/--no-refit", help="Train again on all edges before publishing.", rich_help_panel=RUN),
    ] = DEFAULTS.refit,
    name: Annotated[str | None, typer.Option(help="The model's name; else the data's.", rich_help_panel=RUN)] = None,
    checkpoints: Store = STORE,
    config: Annotated[  # read by its callback, before the others
        Path | None,
        typer.Option(help="TOML file of these options.", callback=read_config, is_eager=True, rich_help_panel=RUN),
    ] = None,
) -> None:
    """Train an autoencoder on a graph and publish a checkpoint.

    Edges come from --edges or --dataset; metrics are of a leak-free split.
    """
    options = {field: value for field, value in locals().items() if field in TrainingConfig.model_fields}
    settings = _training_config(options)
    name = name or _data_name(edges, dataset)
    with locked(checkpoints, name):  # fail now, not after hours, where nothing can be written
        pass
    with _extra_train():
        from models.sources import load_graph

        graph = load_graph(
            edges=edges,
            features=features,
            dataset=dataset,
            root=root,
            source=source,
            target=target,
            weight=weight,
            header=header,
        )
    typer.echo(_describe(name, graph))
    path = _train(name, graph, settings, checkpoints)
    typer.echo(f"published  {path}")


@cli.command()
def inspect(path: Annotated[Path, typer.Argument(help="A version's directory.")]) -> None:
    """Check every digest of a checkpoint and print its facts."""
    manifest = open_checkpoint(path).manifest
    counts = manifest.counts
    typer.echo(f"{manifest.name}@{manifest.version}: whole, {len(manifest.files)} files verified")
    typer.echo(f"model       {manifest.model}, encoder {manifest.encoder}, seed {manifest.seed}")
    typer.echo(f"graph       {counts.nodes:,} nodes, {counts.edges:,} edges, {counts.features:,} features")
    typer.echo(f"embeddings  {counts.nodes:,} × {counts.dim}")
    for part, metrics in manifest.metrics.items():
        shown = ", ".join(f"{metric} {value:.4f}" for metric, value in metrics.items() if isinstance(value, float))
        typer.echo(f"{part:<11} {shown}")
    typer.echo(f"created     {manifest.created_at:%Y-%m-%d %H:%M:%S} UTC")


@cli.command()
def activate(name: str, version: str, checkpoints: Store = STORE) -> None:
    """Verify a published version of a model and make it the one that is served."""
    store.activate(checkpoints, name, version)
    typer.echo(f"current  {name}@{version}")


@cli.command()
def prune(
    name: str,
    keep: Annotated[int, typer.Option(min=0, help="How many of the newest versions to keep.")] = 3,
    checkpoints: Store = STORE,
) -> None:
    """Delete old versions of a model, never the one that is served."""
    dropped = store.prune(checkpoints, name, keep)
    typer.echo("\n".join(f"deleted  {name}@{version}" for version in dropped) or "nothing to delete")


@cli.command()
def install(
    path: Annotated[Path, typer.Argument(help="A version's directory, trained elsewhere.")], checkpoints: Store = STORE
) -> None:
    """Verify a checkpoint trained elsewhere, copy it in and serve it."""
    typer.echo(f"installed  {store.install(checkpoints, path)}")


@cli.command()
def serve(
    checkpoints: Annotated[Path | None, typer.Option(help="Directory of checkpoints.  [default: checkpoints]")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.  [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.  [default: 8000]")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer.  [default: 1]")] = None,
) -> None:
    """Serve the checkpoints over HTTP.

    Every setting can come from the environment as LATENTLINK_<NAME>; the options here go before it.
    """
    given = {"checkpoints": checkpoints, "host": host, "port": port, "workers": workers}
    # Workers are new processes, which read their settings from the environment.
    os.environ.update({f"{PREFIX}{name.upper()}": str(value) for name, value in given.items() if value is not None})
    try:
        settings = Settings()
    except ValidationError as error:
        fail(
            "; ".join(
                f"{PREFIX}{e.field.upper()}: expected {e.expected}, found {e.found}"
                for e in field_errors(error.errors())
            )
        )
    import uvicorn

    logs = copy.deepcopy(uvicorn.config.LOGGING_CONFIG)
    logs["loggers"]["app"] = {"handlers": ["default"], "level": "INFO", "propagate": False}
    # The server hands SIGTERM on once it has drained; that is a clean end, not a failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        timeout_graceful_shutdown=settings.drain_seconds,
        log_config=logs,
    )


def _training_config(options: dict[str, object]) -> TrainingConfig:
    try:
        return TrainingConfig.model_validate(options)
    except ValidationError as error:
        first, *_ = field_errors(error.errors())
        option = first.field.replace("_", "-")
        raise DataError(f"--{option}: expected {first.expected}, found {first.found}") from None


def _data_name(edges: Path | None, dataset: str | None) -> str:
    name = edges.stem if edges else (dataset or "").rpartition(":")[2]
    if not name:
        raise DataError("data: expected --edges FILE or --dataset NAME, found neither")
    require_name(name.lower())
    return name.lower()


def _describe(name: str, graph: "Graph") -> str:
    dropped = f"{graph.duplicates:,} duplicates merged, {graph.self_loops:,} self-loops dropped"
    features = (
        f"{graph.n_features:,} features" if graph.n_features else "no features, so every node learns a row of its own"
    )
    return f"{name}: {graph.n_nodes:,} nodes, {graph.n_edges:,} edges ({dropped}), {features}"


def _train(name: str, graph: "Graph", config: TrainingConfig, checkpoints: Path) -> Path:
    with _extra_train():
        import torch

        from models.export import export
        from models.training import step_work, train
    from models.threads import available_cpus, training_threads

    threads = training_threads(step_work(graph, config), available_cpus())
    torch.set_num_threads(threads)
    typer.echo(f"training {config.model} ({config.encoder}, d = {config.dim}) on {threads} thread{'s' * (threads > 1)}")
    with _progress(config.epochs) as on_epoch:
        trained = train(graph, config, on_epoch)
    typer.echo(_report(trained, config))
    return export(checkpoints, name, graph, config, trained)


def _report(trained: "Trained", config: TrainingConfig) -> str:
    lines = [f"best epoch {trained.epoch} of {config.epochs}" + (", refit on all edges" if config.refit else "")]
    lines += [f"{part:<10} AUC {m['auc']:.4f}  AP {m['ap']:.4f}" for part, m in trained.metrics.items()]
    return "\n".join(lines)


@contextmanager
def _progress(epochs: int) -> Iterator[Callable[["Epoch"], None]]:
    """A progress bar with loss and validation AUC on a terminal; silence elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("training", total=epochs)

        def on_epoch(epoch: "Epoch") -> None:
            auc = "refit" if epoch.validation_auc is None else f"validation AUC {epoch.validation_auc:.4f}"
            progress.update(task, completed=epoch.number, description=f"loss {epoch.loss:.4f}  {auc}")

        yield on_epoch


@contextmanager
def _extra_train() -> Iterator[None]:
    """Turn a missing package of the extra `train` into a message."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise DataError(f"training: expected the package {error.name}; pip install 'latentlink[train]'") from None
