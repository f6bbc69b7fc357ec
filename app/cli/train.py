"""`latentlink train`: from a graph to a published checkpoint."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from app.cli.options import STORE, Store
from app.problems import field_errors
from models.baselines import stronger_baselines
from models.checkpoint.publish import locked, require_name
from models.config import TrainingConfig
from models.errors import DataError
from models.threads import available_cpus, training_threads

if TYPE_CHECKING:
    from models.graph import Graph
    from models.training import Epoch, Trained

DEFAULTS = TrainingConfig()
DATA, MODEL, RUN = "Data", "Model", "Run"
_NO_FEATURES = "no features, so every node learns a row of its own"


def read_config(context: typer.Context, path: Path | None) -> Path | None:
    """Let the options in a TOML file stand in for those that are not on the command line."""
    if path is None:
        return None
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise DataError(f"{path}: expected a readable TOML file, found: {error}") from None
    known = {
        option[2:]: (str(parameter.name), option in parameter.opts if parameter.secondary_opts else None)
        for parameter in context.command.params
        for option in parameter.opts + parameter.secondary_opts
        if parameter.name not in ("config", "help")
    }
    context.default_map = dict(_default(path, key, value, known) for key, value in given.items())
    return path


def _default(path: Path, key: str, value: object, known: Mapping[str, tuple[str, bool | None]]) -> tuple[str, object]:
    """Name and value of the parameter that a line of the file `path` stands for: `no-header = true` is header, False.

    `known` tells the parameter of each option, and what a flag sets it to; None for an option that isn't a flag.
    """
    option = key.replace("_", "-")
    if option not in known:
        raise DataError(f"{path}: expected options of `train` ({', '.join(sorted(known))}), found {key!r}")
    name, flag = known[option]
    if type(value) not in ((str, int, float) if flag is None else (bool,)):
        expected = "a string or a number" if flag is None else "true or false"
        raise DataError(f"{path}, {key}: expected {expected}, found {value!r}")
    return name, value if flag is None else value is flag


def train(
    edges: Annotated[
        Path | None, typer.Option(help="Edges: CSV, TSV, Parquet, GraphML, GML or JSON.", rich_help_panel=DATA)
    ] = None,
    sql: Annotated[
        str | None, typer.Option(help="Edges: a SELECT over local files (DuckDB).", rich_help_panel=DATA)
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(help="Features: CSV, TSV or Parquet with a column `node`, or .npz.", rich_help_panel=DATA),
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
        str, typer.Option(help="normalized, linear or gcn (the paper's).", rich_help_panel=MODEL)
    ] = DEFAULTS.encoder,
    dim: Annotated[
        int | None, typer.Option(help="Width of the embeddings.  [default: 128; gcn, linear 16]", rich_help_panel=MODEL)
    ] = None,
    hidden: Annotated[
        int | None, typer.Option(help="Width of gcn's hidden layer.  [default: 32]", rich_help_panel=MODEL)
    ] = None,
    hops: Annotated[
        int | None, typer.Option(help="Propagations.  [default: 2; linear 1]", rich_help_panel=MODEL)
    ] = None,
    node_rows: Annotated[
        str | None,
        typer.Option(
            help="auto, on, off: a learned row a node beside its features.  [default: auto]", rich_help_panel=MODEL
        ),
    ] = None,
    edge_masking: Annotated[
        float | None,
        typer.Option(
            help="Share of edges hidden and asked for each epoch.  [default: 0.8; gcn, linear 0]", rich_help_panel=RUN
        ),
    ] = None,
    feature_dropout: Annotated[
        float | None,
        typer.Option(
            help="Share of feature entries dropped each epoch.  [default: 0.8; gcn, linear 0]", rich_help_panel=RUN
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Epochs; the best is kept.  [default: 400; gcn, linear 200]", rich_help_panel=RUN)
    ] = None,
    evaluate_every: Annotated[
        int | None,
        typer.Option(help="Epochs between looks at validation.  [default: 5; gcn, linear 1]", rich_help_panel=RUN),
    ] = None,
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

    Edges come from --edges, --sql or --dataset; metrics are of a leak-free split.
    """
    given = {field: value for field, value in locals().items() if field in TrainingConfig.model_fields}
    settings = _training_config({field: value for field, value in given.items() if value is not None})
    name = name or _data_name(edges, sql, dataset)
    require_name(name)
    with extra_train():
        from models.sources import load_graph

        graph = load_graph(
            edges=edges,
            sql=sql,
            features=features,
            dataset=dataset,
            root=root,
            source=source,
            target=target,
            weight=weight,
            header=header,
        )
    typer.echo(_describe(name, graph))
    for note in graph.notes:
        typer.secho(f"warning: {note}", fg="yellow", err=True)
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


def _data_name(edges: Path | None, sql: str | None, dataset: str | None) -> str:
    if edges:
        name = Path(edges.name.lower().removesuffix(".gz")).stem
    else:
        name = (dataset or "").rpartition(":")[2] or ("sql" if sql else "")
    if not name:
        raise DataError("data: expected --edges FILE, --sql QUERY or --dataset NAME, found none of them")
    return name.lower()


def _describe(name: str, graph: "Graph") -> str:
    dropped = f"{_count(graph.duplicates, 'duplicate')} merged, {_count(graph.self_loops, 'self-loop')} dropped"
    features = _count(graph.n_features, "feature") if graph.n_features else _NO_FEATURES
    return f"{name}: {_count(graph.n_nodes, 'node')}, {_count(graph.n_edges, 'edge')} ({dropped}), {features}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _train(name: str, graph: "Graph", config: TrainingConfig, checkpoints: Path) -> Path:
    with extra_train():
        import torch

        from models.export import export
        from models.training import step_work, train

    threads = training_threads(step_work(graph, config), available_cpus())
    torch.set_num_threads(threads)
    typer.echo(f"training {config.model} ({config.encoder}, d = {config.dim}) on {_count(threads, 'thread')}")
    with _progress(config.epochs) as on_epoch:
        trained = train(graph, config, on_epoch)
    typer.echo(_report(graph, config, trained))
    return export(checkpoints, name, graph, config, trained)


def _report(graph: "Graph", config: TrainingConfig, trained: "Trained") -> str:
    metrics = trained.metrics
    rows = ", with a learned row for each node" if trained.node_rows and graph.n_features else ""
    lines = [f"best epoch {trained.epoch} of {config.epochs}{rows}" + (", refit on all edges" if config.refit else "")]
    lines += [
        f"{part:<10} AUC {metrics[part]['auc']:.4f}  AP {metrics[part]['ap']:.4f}" for part in ("validation", "test")
    ]
    best, scores = max(metrics["baselines"].items(), key=lambda item: item[1]["ap"])
    of_all = f"{best.replace('_', ' ')}, the best of {len(metrics['baselines'])}"
    lines.append(f"{'heuristic':<10} AUC {scores['auc']:.4f}  AP {scores['ap']:.4f}  {of_all}")
    if stronger_baselines(metrics):
        lines.append(f"warning    {best.replace('_', ' ')} beats the model on this graph")
    lines += [f"{'note':<10} {note}" for note in graph.notes]
    return "\n".join(lines)


@contextmanager
def _progress(epochs: int) -> Iterator[Callable[["Epoch"], None]]:
    """A progress bar with loss and validation AUC on a terminal; silence elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task, auc = progress.add_task("training", total=epochs), ""

        def on_epoch(epoch: "Epoch") -> None:
            nonlocal auc
            if epoch.validation:
                auc = f"validation AUC {epoch.validation['auc']:.4f}"
            progress.update(task, completed=epoch.number, description=f"loss {epoch.loss:.4f}  {auc}")

        yield on_epoch


@contextmanager
def extra_train() -> Iterator[None]:
    """Turn a missing package of the extra `train` into a message."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise DataError(
            f"training: expected the package {error.name}; install the extra `train`: pip install '.[train]'"
        ) from None
