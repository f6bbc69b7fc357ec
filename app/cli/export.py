"""`latentlink export`: the vectors of a checkpoint into a Parquet file or a vector database."""

import re
from typing import Annotated

import typer

from latentlink.app.cli.console import say
from latentlink.app.cli.options import STORE, Model, Store
from latentlink.extras import how_to_install
from latentlink.models.checkpoint import store
from latentlink.models.checkpoint.manifest import NAME_PATTERN
from latentlink.models.errors import DataError
from latentlink.models.publishing.exporters import Engine
from latentlink.models.publishing.exporters import export as export_table
from latentlink.models.publishing.exporters.recall import CANDIDATES, NEIGHBORS, QUERIES, recall
from latentlink.models.publishing.exporters.vector_table import SHARED_LINKS, VectorTable
from latentlink.models.wording import shortened


def export(
    model: Model,
    to: Annotated[Engine, typer.Option(help="Kind of target; each needs the extra of its name.")],
    at: Annotated[
        str,
        typer.Option(
            help="Folder (parquet), URL or folder (qdrant), connection string (pgvector), URL or folder (milvus)."
        ),
    ],
    alias: Annotated[
        str | None, typer.Option(help="Name for readers: of the file, alias or view; by default the model's.")
    ] = None,
    relation: Annotated[str | None, typer.Option(help="Relation of the links, of a model with several.")] = None,
    checkpoints: Store = STORE,
) -> None:
    """Write ids, vectors, types and filter columns to a file or a vector database, and switch readers to them at once.

    Vectors are compared by the inner product. A version that readers see already is not written again.
    """
    checkpoint = store.find(checkpoints, model)
    name = checkpoint.manifest.name if alias is None else alias
    if not re.fullmatch(NAME_PATTERN, name):
        raise DataError(
            f"--alias: expected lower-case letters, digits, '.', '_' and '-', 64 at most, found {shortened(name)!r}"
        )
    table = VectorTable.of(checkpoint, relation)
    try:
        outcome = export_table(table, to, at, name)
    except ModuleNotFoundError as error:
        raise DataError(how_to_install(error, f"latentlink[{to}]")) from None
    published, sizes = f"{checkpoint.manifest.name}@{checkpoint.manifest.version}", f"{len(table):,} × {table.dim}"
    say(f"{'exported ' if outcome.new else 'unchanged'}  {published} as {name}: {sizes}, {', '.join(table.roles)}")
    say(f"fields     {', '.join(table.fields)}")
    if table.checkpoint.decoder.shared is not None:
        stored = "leaves out " if outcome.leaves_out else "beside them"
        share, nodes = recall(table.checkpoint), min(len(table), QUERIES)
        say(
            f"{stored}  {SHARED_LINKS}; the {CANDIDATES} best by the vectors alone hold {share:.1%} "
            f"of the best {NEIGHBORS} of {nodes} nodes"
        )
