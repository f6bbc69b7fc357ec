"""`latentlink publish`: vectors that were made elsewhere, as a checkpoint."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from latentlink.app.cli.console import say
from latentlink.app.cli.options import STORE, Store, path_of
from latentlink.app.cli.report import summary
from latentlink.app.cli.training.job import warn
from latentlink.models.checkpoint.publish import require_name
from latentlink.models.checkpoint.store import activation
from latentlink.models.errors import DataError
from latentlink.models.graph.description import reading_lines
from latentlink.models.recipes import GIVEN, MADE_ELSEWHERE
from latentlink.models.training.options import valid_config
from latentlink.models.wording import count

if TYPE_CHECKING:
    from latentlink.models.graph.graph import Graph


def publish(
    embeddings: Annotated[
        Path,
        typer.Option(
            help="Vectors: CSV, TSV, Parquet or Arrow with a column `node` or `id`, .npz, .npy, or word2vec's text.",
            parser=path_of("--embeddings"),
        ),
    ],
    edges: Annotated[
        Path,
        typer.Option(help="Edges: CSV, TSV, Parquet, Arrow, GraphML, GML or JSON.", parser=path_of("--edges")),
    ],
    name: Annotated[str | None, typer.Option(help="Name of the model; by default that of the vectors' file.")] = None,
    source: Annotated[
        str, typer.Option(help="Column of an edge's first node; without a header, its place.")
    ] = "source",
    target: Annotated[str, typer.Option(help="Column of its second node.")] = "target",
    weight: Annotated[str | None, typer.Option(help="Column of weights; `weight` if there is one.")] = None,
    header: Annotated[
        bool, typer.Option("--header/--no-header", help="Whether the first row of the edges names the columns.")
    ] = True,
    one_kind: Annotated[
        bool, typer.Option("--one-kind", help="An id is the same node in both columns, whatever their names.")
    ] = False,
    split_column: Annotated[
        str | None, typer.Option(help="Column that divides the edges into train, valid and test.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="Split by whose training edges alone the vectors were made: a split.safetensors, or a model (NAME, "
            "NAME@VERSION, directory) that has one. Without one there are no metrics and no calibration."
        ),
    ] = None,
    parts: Annotated[
        str, typer.Option(help="With a split, the parts of a logit, as in `train`.", show_default=True)
    ] = "auto",
    activate: Annotated[
        bool, typer.Option("--activate/--no-activate", help="Whether the new version is served.")
    ] = True,
    checkpoints: Store = STORE,
) -> None:
    """Publish vectors that were made elsewhere, to serve, search and, with a split, evaluate, calibrate and explain them."""
    name = name or Path(embeddings.name.lower().removesuffix(".gz")).stem
    require_name(name, "give one with --name")
    if split is not None and split_column is not None:
        raise DataError("--split-column: expected none beside --split, which divides the edges already; leave out one")
    from latentlink.models.publishing.unevaluated import UNEVALUATED
    from latentlink.models.publishing.vectors import checked, known, publish_embedded
    from latentlink.models.sources import load_graph
    from latentlink.models.sources.vectors import placed, read_vectors
    from latentlink.models.training.given_split import load_split

    given = read_vectors(embeddings)
    links = load_graph(
        edges=edges,
        source=source,
        target=target,
        weight=weight,
        header=header,
        one_kind=one_kind,
        split_column=split_column,
    )
    graph = placed(links, given, str(embeddings))
    config = valid_config({"model": "gae", "encoder": GIVEN, "dim": given.z.shape[1], "parts": parts, "refit": False})
    _describe(name, graph, given.z.shape[1])
    divided = None if split is None else load_split(checkpoints, split, graph)
    vectors = checked(given.z, graph.n_nodes)
    path, trained = publish_embedded(
        checkpoints, name, graph, known(graph, vectors), config, divided, activate=activate
    )
    say(UNEVALUATED.format(MADE_ELSEWHERE[GIVEN]) if trained is None else summary(graph, config, trained))
    say(f"published  {path}")
    if not activate:
        say(f"inactive   to serve it: {activation(path.parent, path.name)}")


def _describe(name: str, graph: "Graph", dim: int) -> None:
    dropped = f"{count(graph.duplicates, 'duplicate')} merged, {count(graph.self_loops, 'self-loop')} dropped"
    size = f"{count(graph.n_nodes, 'node')}, {count(graph.n_edges, 'edge')} ({dropped})"
    say("\n".join((f"{name}: {size}, vectors of {count(dim, 'number')}", *reading_lines(graph.readings))))
    for note in graph.notes:
        warn(note)
