"""Publish vectors that were made elsewhere: served, searched and, with a split, calibrated, evaluated and explained.

Nothing is trained. Vectors that were made of all links have seen those that an evaluation would ask for: without a split
there are neither metrics nor calibrated probabilities, and the logits are inner products.
"""

import re
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt

from latentlink.models.arrays import Float32, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError, python_names
from latentlink.models.evaluation.probabilities.interval_coverage import posterior_facts
from latentlink.models.evaluation.splits import Split, audit, require_sound, split_edges
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.inference.scoring import LARGEST
from latentlink.models.nn.sparse import CPU
from latentlink.models.publishing.export import export
from latentlink.models.publishing.unevaluated import publish_unevaluated
from latentlink.models.recipes import GIVEN, MADE_ELSEWHERE
from latentlink.models.training.choosing import Runtime, choose
from latentlink.models.training.fit import Selection
from latentlink.models.training.given_split import GivenSplit, given_split
from latentlink.models.training.options import valid_config
from latentlink.models.training.protocol import measured
from latentlink.models.training.resume import NoSaver
from latentlink.models.training.trained import Trained

STATED = (
    "The {} were given: that they were made of the training links of the split alone is what their publisher states."
)
_WIDEST = 4096
_SURROGATE = re.compile("[\ud800-\udfff]")
Embed = Callable[[Int64], Embeddings]


@python_names()
def publish_vectors(
    name: str,
    ids: Sequence[str],
    z: npt.ArrayLike,
    edges: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    split: GivenSplit | None = None,
    parts: str = "auto",
    store: str | PathLike[str] = "checkpoints",
    seed: int = 0,
    activate: bool = True,
) -> Path:
    """Publish vectors of any origin as a new version of the model `name`; the directory of the version.

    Args:
        name: of the model.
        ids: N distinct strings.
        z: numbers (N, D), finite: the logit of a pair is the inner product of its two vectors, and with a split the sum of that,
            scaled, and other parts.
        edges: int (m, 2), links as rows of `ids`, in any direction.
        weights: numbers (m,), finite and > 0, of the links, or None.
        split: of these links, by whose training part alone `z` was made: `split_` of a model, a split.safetensors, or a model
            with one. It is what metrics, calibration and parts are measured on; None for vectors that were made of all links.
        parts: as `--parts` of a training.
        store: the directory of all checkpoints.
        seed: of samples.
        activate: whether the version is served.

    Raises:
        DataError: an argument is not as described.
        CheckpointError: the store can't be written to.
    """
    links = np.asarray(edges)
    if links.ndim != 2 or links.shape[1] != 2 or links.dtype.kind not in "iu":
        raise DataError(f"edges: expected whole numbers (m, 2), rows of the ids, found {links.dtype} {links.shape}")
    if len(links) and not 0 <= links.min() <= links.max() < len(ids):
        raise DataError(f"edges: expected rows of {len(ids):,} ids, from 0, found {int(links.max()):,} or less than 0")
    graph = Graph.from_pairs(_checked_ids(ids), links.astype(np.int64), _checked_weights(weights, len(links)))
    store = Path(store)
    found = given_split(store, split, graph)
    vectors = checked(z, graph.n_nodes)
    config = valid_config(
        {"encoder": GIVEN, "model": "gae", "dim": vectors.shape[1], "parts": parts, "seed": seed, "refit": False}
    )
    return publish_embedded(store, name, graph, known(graph, vectors), config, found, activate=activate)[0]


def _checked_ids(ids: Sequence[str]) -> list[str]:
    found = list(ids)
    if wrong := [node for node in found if not isinstance(node, str) or not node or _SURROGATE.search(node)]:
        raise DataError(f"ids: expected texts that UTF-8 has, of a character or more, found {wrong[0]!r}; convert it")
    if len(set(found)) < len(found):
        raise DataError("ids: expected distinct ones, found one twice; leave one of its rows out")
    return found


def _checked_weights(weights: npt.ArrayLike | None, size: int) -> Float32 | None:
    if weights is None:
        return None
    found = np.asarray(weights)
    fit = found.shape == (size,) and found.dtype.kind in "iuf"
    if not fit or not ((found > 0) & (found < np.finfo(np.float32).max)).all():
        raise DataError(f"weights: expected {size:,} finite numbers > 0, one for each edge, found others; correct them")
    return found.astype(np.float32)


def known(graph: Graph, z: Float32) -> Embed:
    """Given vectors (N, D), whatever links are known."""

    def embed(edges: Int64) -> Embeddings:
        return Embeddings(z, None, {}, graph.edges[edges], None if graph.weights is None else graph.weights[edges])

    return embed


def publish_embedded(
    store: Path,
    name: str,
    graph: Graph,
    embed: Embed,
    config: TrainingConfig,
    split: Split | None = None,
    *,
    activate: bool = True,
) -> tuple[Path, Trained | None]:
    """As `publish_vectors`, of the embeddings that `embed` makes of known links; the directory, and what was measured.

    Args:
        store: the directory of all checkpoints.
        name: of the model.
        graph: N nodes, all edges; data that name a split have it.
        embed: the embeddings of known links, int64 (e,), indices into the edges: all, or those of the split's training part.
        config: of an encoder of `MADE_ELSEWHERE`: its width, the parts and the seed.
        split: of the edges, or None.
        activate: whether the version is served.

    Raises:
        DataError: as `evaluated`, or `name` is not a legal one.
        CheckpointError: the store can't be written to.
    """
    trained = evaluated(graph, embed, config, split)
    if trained is None:
        return publish_unevaluated(store, name, graph, embed(np.arange(graph.n_edges)), config, activate=activate), None
    return export(store, name, graph, config, trained, activate=activate), trained


def checked(z: npt.ArrayLike, n: int) -> Float32:
    """Vectors as float32 (N, D).

    Raises:
        DataError: they are not N vectors of finite numbers, of 1 to 4,096 columns.
    """
    try:
        vectors = np.ascontiguousarray(z, np.float32)
    except (TypeError, ValueError, RuntimeError) as error:  # the last of a tensor that has a gradient
        raise DataError(f"vectors: expected numbers (N, D), found: {error}") from None
    if vectors.ndim != 2 or len(vectors) != n or not 1 <= vectors.shape[1] <= _WIDEST:
        expected = f"(N, D) = ({n:,}, 1 to {_WIDEST:,})"
        raise DataError(f"vectors: expected numbers {expected}, a row for each node, found {vectors.shape}")
    if not np.abs(vectors).max(initial=0) < LARGEST:  # NaN fails as well
        raise DataError(f"vectors: expected finite numbers below {LARGEST:.0e}, found others; scale or correct them")
    return vectors


def evaluated(graph: Graph, embed: Embed, config: TrainingConfig, split: Split | None) -> Trained | None:
    """The protocol of a training without its fit: the choice of parts on validation, then the test; None without a split.

    Args:
        graph: N nodes, undirected and of one type, all edges.
        embed: the embeddings of known links, int64 (e,), indices into the edges.
        config: the parts and the seed.
        split: of the edges; None to take that which the data name, if any.

    Raises:
        DataError: the graph has directions, types or relations, the parts can't be fitted, or pairs leak between parts.
    """
    if graph.directed or graph.types is not None or graph.relations is not None:
        raise DataError(
            "vectors: expected links without direction between nodes of one type, as a node has one vector here, found others; "
            "train a model of them"
        )
    if split is None and graph.parts is None:
        return None
    split = split or split_edges(graph, config.validation, config.test, np.random.default_rng(config.seed))
    runtime = Runtime(lambda _: None, lambda _: None, NoSaver(), CPU)
    fits = [(Selection(node_embeddings=False), embed(split.train))] if "dense" in config.part_names else []
    chosen, made = choose(fits, graph, split, config, runtime)
    require_sound(counts := audit(graph, split, made.embeddings.edges))
    return Trained(
        embeddings=made.embeddings,
        node_embeddings=chosen.fit.node_embeddings,
        epoch=0,
        curve=[],
        **measured(graph, graph, split, made, config)._asdict(),
        split=split,
        split_audit=counts,
        heldout=np.concatenate([split.validation, split.test]),
        device="cpu",
        features=graph.features,
        posterior=posterior_facts(made.embeddings.dense, made.embeddings.logvar),
        notes=(STATED.format(MADE_ELSEWHERE[config.encoder]),),
    )
