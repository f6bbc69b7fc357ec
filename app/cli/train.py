"""`latentlink train`: from a graph to a published checkpoint."""

import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from app.cli.options import STORE, Store
from app.problems import field_errors
from models.checkpoint.publish import locked, require_name
from models.config import TrainingConfig
from models.errors import DataError
from models.threads import available_cpus, training_threads

if TYPE_CHECKING:
    from models.graph import Graph
    from models.training import Epoch, Trained

DEFAULTS = TrainingConfig()
DATA, MODEL, RUN = "Data", "Model", "Run"


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
    with extra_train():
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
    with locked(checkpoints, name):  # fail now, not after hours of training, where nothing can be written
        pass
    path = _train(name, graph, settings, checkpoints)
    typer.echo(f"published  {path}")


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
    with extra_train():
        import torch

        from models.export import export
        from models.training import step_work, train

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
def extra_train() -> Iterator[None]:
    """Turn a missing package of the extra `train` into a message."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise DataError(f"training: expected the package {error.name}; pip install 'latentlink[train]'") from None
