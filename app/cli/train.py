"""`latentlink train`: from a graph to a published checkpoint."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from latentlink.app.cli.config_file import read_config
from latentlink.app.cli.options import STORE, Store
from latentlink.app.cli.report import describe
from latentlink.app.cli.training_job import Job, extra_train, run, warn
from latentlink.app.http.fields import field_errors
from latentlink.models.checkpoint.publish import require_name
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError

DEFAULTS = TrainingConfig()
DATA, MODEL, RUN = "Data", "Model", "Run"


def _require_pca(method: str) -> str:
    if method != "pca":
        raise DataError(
            f"--map: expected pca, found {method!r}; --map umap is no longer here: lay out GET …/embeddings with umap-learn"
        )
    return method


def train(
    edges: Annotated[
        Path | None, typer.Option(help="Edges: CSV, TSV, Parquet, Arrow, GraphML, GML or JSON.", rich_help_panel=DATA)
    ] = None,
    sql: Annotated[
        str | None, typer.Option(help="Edges: a SELECT over local files (DuckDB).", rich_help_panel=DATA)
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(
            help="Nodes: CSV, TSV, Parquet or Arrow with a column `node`, .npz or .npy.", rich_help_panel=DATA
        ),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="`movies`, `karate` (embedded) or `planetoid:NAME`.", rich_help_panel=DATA)
    ] = None,
    root: Annotated[Path | None, typer.Option(help="Local root of Planetoid's files.", rich_help_panel=DATA)] = None,
    source: Annotated[str, typer.Option(help="Column of an edge's one end.", rich_help_panel=DATA)] = "source",
    target: Annotated[str, typer.Option(help="Column of its other end.", rich_help_panel=DATA)] = "target",
    weight: Annotated[
        str | None, typer.Option(help="Column of weights; `weight` if there is one.", rich_help_panel=DATA)
    ] = None,
    time_column: Annotated[
        str | None,
        typer.Option(
            help="Column of edges' times; the latest are held out, not a random share. `year` of movies.",
            rich_help_panel=DATA,
        ),
    ] = None,
    header: Annotated[
        bool,
        typer.Option("--header/--no-header", help="Whether the first row names the columns.", rich_help_panel=DATA),
    ] = True,
    model: Annotated[
        str | None,
        typer.Option(help="gae, vgae; of features alone: ae, vae.  [default: vgae]", rich_help_panel=MODEL),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="normalized, linear or gcn (the paper's); ae, vae: mlp.  [default: normalized; ae, vae mlp]",
            rich_help_panel=MODEL,
        ),
    ] = None,
    dim: Annotated[
        int | None, typer.Option(help="Width of the embeddings.  [default: 256; others 16]", rich_help_panel=MODEL)
    ] = None,
    hidden: Annotated[
        int | None,
        typer.Option(help="Width of the hidden layer of gcn, mlp.  [default: 32; mlp 64]", rich_help_panel=MODEL),
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
            help="Share of edges hidden and asked for each epoch.  [default: 0.8; others 0]", rich_help_panel=RUN
        ),
    ] = None,
    feature_dropout: Annotated[
        float | None,
        typer.Option(
            help="Share of feature entries dropped each epoch.  [default: 0.8; others 0]",
            rich_help_panel=RUN,
        ),
    ] = None,
    sampled: Annotated[
        str,
        typer.Option(
            help="auto, on, off: each step takes a sampled part of the graph; auto: where all of it does not fit.",
            rich_help_panel=RUN,
        ),
    ] = DEFAULTS.sampled,
    epochs: Annotated[
        int | None, typer.Option(help="Epochs; the best is kept.  [default: 400; others 200]", rich_help_panel=RUN)
    ] = None,
    evaluate_every: Annotated[
        int | None,
        typer.Option(help="Epochs between looks at validation.  [default: 5; others 1]", rich_help_panel=RUN),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            help="Epochs without a better validation score after which a fit ends.  [default: 150; gcn, linear never; mlp 20]",
            rich_help_panel=RUN,
        ),
    ] = None,
    learning_rate: Annotated[
        float, typer.Option(help="Step size of Adam.", rich_help_panel=RUN)
    ] = DEFAULTS.learning_rate,
    weight_decay: Annotated[
        float | None,
        typer.Option(help="Pull of weights towards 0, for gcn and mlp.  [default: 0; gcn 0.0005]", rich_help_panel=RUN),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.", rich_help_panel=RUN)] = DEFAULTS.seed,
    validation: Annotated[
        float, typer.Option(help="Share of edges (ae, vae: and rows) to select on.", rich_help_panel=RUN)
    ] = DEFAULTS.validation,
    test: Annotated[
        float, typer.Option(help="Share of edges (ae, vae: and rows) to report on.", rich_help_panel=RUN)
    ] = DEFAULTS.test,
    refit: Annotated[
        bool,
        typer.Option("--refit/--no-refit", help="Train again on all data before publishing.", rich_help_panel=RUN),
    ] = DEFAULTS.refit,
    evaluate_unseen: Annotated[
        float | None,
        typer.Option(help="Share of nodes to hide from one more training and embed as strangers.", rich_help_panel=RUN),
    ] = None,
    store_features: Annotated[
        bool,
        typer.Option(
            "--store-features/--no-store-features",
            help="Whether the checkpoint holds the features, too.",
            rich_help_panel=RUN,
        ),
    ] = True,
    map_method: Annotated[str, typer.Option("--map", hidden=True, callback=_require_pca)] = "pca",
    name: Annotated[str | None, typer.Option(help="The model's name; else the data's.", rich_help_panel=RUN)] = None,
    checkpoints: Store = STORE,
    device: Annotated[
        str,
        typer.Option(help="auto, cpu or cuda; auto: a GPU that is there, for a large graph.", rich_help_panel=RUN),
    ] = "auto",
    threads: Annotated[
        int | None,
        typer.Option(
            min=1, help="CPU threads.  [default: 1; for a large graph all of the cgroup's but one]", rich_help_panel=RUN
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a killed training of this name was.", rich_help_panel=RUN)
    ] = False,
    log_dir: Annotated[
        Path | None, typer.Option(help="Directory for an event file for TensorBoard.", rich_help_panel=RUN)
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="One line of JSON an epoch and one for the result; the text goes to standard error.",
            rich_help_panel=RUN,
        ),
    ] = False,
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
        from latentlink.models.sources import load_graph

        graph = load_graph(
            edges=edges,
            sql=sql,
            features=features,
            dataset=dataset,
            root=root,
            source=source,
            target=target,
            weight=weight,
            time=time_column,
            header=header,
            missing=settings.model not in ("gae", "vgae"),
        )
    job = Job(checkpoints, name, device, threads, resume, log_dir, as_json, store_features)
    job.say(describe(name, graph))
    for note in graph.notes:
        warn(note)
    if weight_decay and not graph.n_features:
        warn("--weight-decay: expected features, found none; weights are rows of nodes then, and do not decay")
    run(graph, settings, job)


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
