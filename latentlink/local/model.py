"""`Model`: a published model that answers in this process, with all calls of the HTTP API and what a notebook adds."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex, Unpack, cast, overload

import numpy as np
from numpy.typing import DTypeLike

from latentlink.app.main import create_embedded
from latentlink.client import Client, Explanation, Neighbors, Scores
from latentlink.client.ids import id_of
from latentlink.client.options import PairTypes, ScoresOptions, SearchOptions
from latentlink.extras import needing
from latentlink.local.frames import Frame, frame_like, ids_of, is_frame, pairs_of, with_columns
from latentlink.local.in_process import InProcess
from latentlink.local.progress import line
from latentlink.local.tables import Card, Columns, MetricTable, data_uri
from latentlink.models.arrays import Float64
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.checkpoint.disk.files import read_bytes
from latentlink.models.checkpoint.moving.naming import CARD
from latentlink.models.checkpoint.named_split import Split
from latentlink.models.checkpoint.store import locate
from latentlink.models.errors import DataError, python_names
from latentlink.models.paths import local_path

if TYPE_CHECKING:
    from latentlink.models.evaluation.splits import Split as EdgeSplit
    from latentlink.models.graph.graph import Graph
    from latentlink.models.training.planning.plan import Plan
    from latentlink.models.training.seeds import Spread
    from latentlink.models.training.trainers.module_source import Encoder

_CURVE = "curve.svg"
_DTYPES: Mapping[str, DTypeLike] = {"node": object, "type": object, "calibrated": np.float64}  # NaN where it is known


@python_names()
def load(model: str | PathLike[str], store: str | PathLike[str] = "checkpoints") -> "Model":
    """Open a model of a store in this process; torch is not needed.

    Args:
        model: NAME, which follows the current version, NAME@VERSION, also as STORE/NAME, or a version's directory.
        store: the directory of all checkpoints.

    Raises:
        DataError: there is no such model or version.
        CheckpointError: the checkpoint is damaged.
    """
    return Model(*locate(local_path(store, "store").absolute(), fspath(model)))


class Model(Client):
    """A model of a store, in this process; a context manager, or closed by `close`. It is thread-safe, and works after a fork.

    It has the methods of `Client`, which answer as the HTTP API does, from the same code, without its limits and keys.

    Args:
        home: the model's directory, in a store.
        version: the version that answers; None follows `CURRENT`.

    Raises:
        CheckpointError: the version is missing or damaged.
    """

    def __init__(self, home: Path, version: str | None = None) -> None:
        self._service = InProcess(partial(create_embedded, home, version))
        super().__init__("http://in-process", model=home.name, timeout=None, retries=0, transport=self._service)

    @overload
    def neighbors(self, name: str | int, **options: Unpack[SearchOptions]) -> Neighbors: ...
    @overload
    def neighbors(self, name: Iterable[str | int] | Frame, **options: Unpack[SearchOptions]) -> Any: ...
    def neighbors(self, name: str | int | Iterable[str | int] | Frame, **options: Unpack[SearchOptions]) -> Any:
        """The top k predicted neighbours, the likeliest first: of one node a list, of several a table.

        Args:
            name: an id; or several ids in a sequence, a series or a frame of one column.
            options: those of the HTTP API, such as `k`.

        Returns:
            Of one id `Neighbors`, a list. Of several a row for each neighbour of each node, with the columns `node`,
            `neighbor`, `probability`, `logit`, `known` and what was requested: a frame of the kind that came in, or `Columns`
            for a sequence.
        """
        if isinstance(name, str | int | np.integer):
            return super().neighbors(id_of(name), **options)
        found = super().neighbors_of(ids_of(name), **options)
        columns = _columns(found)
        return frame_like(name, columns) if is_frame(name) else columns

    @overload
    def scores(
        self, pairs: Sequence[tuple[str | int, str | int]], on_unknown: str = "error", **options: Unpack[ScoresOptions]
    ) -> Scores: ...
    @overload
    def scores(self, pairs: Frame, on_unknown: str = "error", **options: Unpack[ScoresOptions]) -> Any: ...
    def scores(self, pairs: Any, on_unknown: str = "error", **options: Unpack[ScoresOptions]) -> Any:
        """How likely many links are; with `on_unknown="null"` NaN for pairs with an unknown node.

        Args:
            pairs: m pairs of ids; or a frame with the columns `source` and `target`, or with two columns.
            on_unknown: "error" or "null".
            options: those of the HTTP API, such as `include` and `prior`.

        Returns:
            `Scores` with arrays (m,); for a frame the frame with the columns `probability`, `logit` and `known`, and with
            what was requested beside them.
        """
        found = super().scores(pairs_of(pairs), on_unknown, **options)
        if not is_frame(pairs):
            return found
        return with_columns(pairs, found.columns())

    def predict_proba(
        self, pairs: Iterable[Sequence[str | int]] | Frame, calibrated: bool = False, **options: Unpack[ScoresOptions]
    ) -> Float64:
        """The probability of each pair, float64 (m,).

        Args:
            pairs: m pairs, as for `scores`, or str (m, 2).
            calibrated: whether the probabilities hold at the `prior`, by default that of the held-out links; NaN for links that
                are known. Raw ones rank pairs, and hold only where half of all pairs are linked.
            options: those of `scores`.
        """
        if calibrated:
            options["include"] = ["calibrated"]
        found = super().scores(pairs_of(pairs), **options)
        return found.probability if found.calibrated is None else found.calibrated

    def explain(
        self, source: str | int, target: str | int, limit: int = 10, **options: Unpack[PairTypes]
    ) -> Explanation:
        """Why a pair has its logit: the contributions of up to `limit` nodes around each end; `explanation` by another name."""
        return self.explanation(source, target, limit, **options)

    def card(self) -> Card:
        """The model card, Markdown that a notebook renders with its charts."""
        folder = self._checkpoint.path
        charts = {chart.name: data_uri(chart) for chart in folder.glob("*.svg")}
        return Card(read_bytes(folder / CARD).decode(), charts)

    @python_names()
    def evaluate(self, seeds: Iterable[int] = range(5), *, verbose: bool = True) -> "MetricTable[Spread]":
        """Repeat the training for each seed, and measure the model and every heuristic on each test; needs the extra `train`.

        Args:
            seeds: of split, initial weights, negatives and noise.
            verbose: whether a line shows the progress.

        Returns:
            Mean and deviation of each metric, of "model" and of every heuristic.

        Raises:
            DataError: there is no seed, or a negative one, or the checkpoint does not hold all that it was trained on.
        """
        with needing("latentlink[train]"):
            from latentlink.models.training.seeds import repeat, spreads

        given = _checked_seeds(seeds)
        graph, plan, split, encoder = self._training()
        with line(shown=verbose) as shown, plan.limits():
            again = partial(repeat, split=split, encoder=encoder, on_step=shown.step)
            repeats = list(again(graph, plan.config, given, shown.epoch, plan.device))
        return MetricTable(spreads(repeats))

    @property
    def metrics_(self) -> Mapping[str, Any]:
        """What the evaluation measured: `metrics_["test"]["auc"]`."""
        return cast(Mapping[str, Any], self.info()["metrics"])

    @property
    def baselines_(self) -> MetricTable[float]:
        """Metrics of every heuristic on the same test: `baselines_["adamic_adar"]["auc"]`."""
        return MetricTable(self.metrics_.get("baselines", {}))

    @property
    def curve_(self) -> dict[str, Float64]:
        """Numbers of each epoch by name, float64 (epochs,) each, NaN where nothing was measured; none of what was not trained."""
        curve = cast(Mapping[str, list[float | None]], self.info()["training"].get("curve", {}))
        return {name: np.array(values, np.float64) for name, values in curve.items()}

    @property
    def split_(self) -> Split:
        """The very links and non-links of training, selection and test, by ids."""
        return Split(self._checkpoint)

    @property
    def _checkpoint(self) -> Checkpoint:
        """What answers, as it lies in memory."""
        return cast(Checkpoint, self._service.app.state.service.store.get(self.model).checkpoint)

    def _training(self) -> "tuple[Graph, Plan, EdgeSplit | None, Encoder | None]":
        """What to train again: the graph, the plan and, where they were given, the split and the module."""
        from latentlink.models.training.planning.plan import make_plan
        from latentlink.models.training.replay import config_of, graph_of

        graph = graph_of(self._checkpoint)
        return graph, make_plan(graph, config_of(self._checkpoint)), self._given_split(graph), None

    def _given_split(self, graph: "Graph") -> "EdgeSplit | None":
        from latentlink.models.training.given_split import kept_split

        checkpoint = self._checkpoint
        return kept_split(checkpoint, graph) if checkpoint.manifest.training.split_given else None

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """Refuse to copy or to pickle what answers in this process.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            f"{type(self).__name__}: expected no copy of what answers in this process; publish and load it again"
        )

    def __repr__(self) -> str:
        found = self._checkpoint.manifest
        counts = f"{found.counts.nodes:,} nodes, {found.counts.edges:,} edges"
        scores = (("AUC", found.metrics.test.auc), ("AP", found.metrics.test.ap))
        measured = ", ".join(f"{name} {score:.4f}" for name, score in scores if score is not None)
        test = f"test {measured}" if measured else "not evaluated"
        return f"{found.name}@{found.version}: {found.model} ({found.encoder}), {counts}, {test}"

    def _repr_html_(self) -> str:
        rows = {self._checkpoint.manifest.model: self.metrics_.get("test", {}), **self.baselines_}
        curve = self._checkpoint.path / _CURVE
        drawn = f'<img alt="Loss and validation by epoch" src="{data_uri(curve)}">' if curve.exists() else ""
        return f"<p>{self!r}</p>{MetricTable(rows)._repr_html_()}{drawn}"


def _checked_seeds(seeds: Iterable[int]) -> list[int]:
    found = list(seeds) if isinstance(seeds, Iterable) else []
    if not found or not all(isinstance(seed, int | np.integer) and seed >= 0 for seed in found):
        raise DataError(f"seeds: expected whole numbers from 0, such as range(5), found {seeds!r}")
    return [int(seed) for seed in found]


def _columns(found: Mapping[str, Neighbors]) -> Columns:
    """Neighbours of nodes, a row each."""
    nodes = [node for node, neighbors in found.items() for _ in neighbors]
    columns = Neighbors(one for neighbors in found.values() for one in neighbors).columns()
    arrays = {name: np.array(cells, _DTYPES.get(name)) for name, cells in columns.items()}
    return Columns({"node": np.array(nodes, object), "neighbor": arrays.pop("node"), **arrays})
