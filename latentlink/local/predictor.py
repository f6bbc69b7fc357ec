"""`LinkPredictor`: scikit-learn's shape of a training, by the protocol and the bytes of `latentlink train`."""

import inspect
import os
import shutil
import tempfile
import warnings
import weakref
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, Self, SupportsIndex

from latentlink.local.model import Model
from latentlink.local.progress import line
from latentlink.models.checkpoint.moving import install
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError, python_names
from latentlink.models.evaluation.splits import Split as EdgeSplit
from latentlink.models.graph.graph import Graph
from latentlink.models.option_names import in_python
from latentlink.models.paths import local_path
from latentlink.models.publishing.export import export
from latentlink.models.training.given_split import given_split
from latentlink.models.training.options import Check, checked_config, require_features, require_types
from latentlink.models.training.planning.plan import Plan, make_plan
from latentlink.models.training.protocol import train
from latentlink.models.training.steps import Step
from latentlink.models.training.trackers import Tracker, tracked
from latentlink.models.training.trainers.module_source import Encoder, name_of, width_of

_PRIVATE = "model"  # the name in the temporary store
_RUN: Mapping[str, object] = {
    "device": "auto",
    "threads": None,
    "store_features": True,
    "split": None,
    "verbose": True,
}


class LinkPredictor(Model):
    """A model to train: `fit` trains it, and then it answers as a `Model`, before it is published.

    Args:
        config: fields of `TrainingConfig`, such as `model`, `encoder`, `dim`, `epochs` and `seed`; a field that is not given, or
            is None, has the value of the encoder's recipe. `encoder` may be a torch module as well, untrained, which is copied,
            or its class: `(x, edge_index, edge_weight=None) -> z`, float32 (N, D).
        device: auto, cpu or cuda.
        threads: CPU threads; None for a number by the size of the training.
        store_features: whether the checkpoint holds the features.
        split: to train and test on: `split_` of a model, or what names one, as `--split` of the command does.
        verbose: whether a line shows the progress of a training.

    Raises:
        DataError: a parameter is unknown.

    Example:
        >>> import latentlink as ll
        >>> from latentlink.models.sources import load_graph
        >>> predictor = ll.LinkPredictor(dim=8, epochs=5, parts="dense", verbose=False).fit(load_graph(dataset="karate"))
        >>> predictor.predict_proba([("0", "1"), ("0", "33")]).shape
        (2,)
        >>> predictor.close()
    """

    __signature__ = inspect.Signature(
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, default, annotation in (
                *((name, None, field.annotation) for name, field in TrainingConfig.model_fields.items()),
                *((name, default, inspect.Parameter.empty) for name, default in _RUN.items()),
            )
        ]
    )

    def __init__(self, **params: Any) -> None:
        self._params: dict[str, Any] = dict.fromkeys(TrainingConfig.model_fields) | dict(_RUN)
        self._fitted: tuple[Graph, Plan, EdgeSplit | None, Encoder | None] | None = None  # of `_training`
        self.set_params(**params)

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - of scikit-learn
        """All parameters by name; None where the encoder's recipe has the value."""
        return dict(self._params)

    def set_params(self, **params: Any) -> Self:
        """Change parameters, for the next `fit`.

        Raises:
            DataError: one is unknown.
        """
        for name in params.keys() - self._params.keys():
            [near] = get_close_matches(name, self._params, 1, 0)
            raise DataError(f"parameter: expected the name of one, such as {near}, found {name!r}")
        self._params = self._params | params  # not in place: a shallow copy has the same
        return self

    @python_names()
    def fit(self, graph: Graph, trackers: Iterable[Tracker] = ()) -> Self:
        """Train on a graph, and answer from what was trained.

        A graph with times is split by time. The training is that of `latentlink train`: the same graph, parameters and machine
        give the same bytes.

        Args:
            graph: what is trained on.
            trackers: keep the numbers of the training elsewhere.

        Raises:
            DataError: the parameters contradict each other or the graph, the device is missing, or the training would not fit
                into memory.
        """
        config, split = self._prepared(graph)
        plan = make_plan(graph, config, self._params["device"], self._params["threads"])
        folder = self._train(graph, plan, split, trackers)
        self.close()
        self._remove = weakref.finalize(self, _remove, folder.parent.parent, os.getpid())
        super().__init__(folder.parent, folder.name)
        self._fitted = graph, plan, self._given_split(graph), self._module
        return self

    def publish(self, name: str, store: str | PathLike[str] = "checkpoints", *, activate: bool = True) -> Path:
        """Put the trained version into a store, atomically, as the current one of a model; its directory there.

        Args:
            name: of the model.
            store: the directory of all checkpoints; made if absent.
            activate: whether the version is served.

        Raises:
            DataError: nothing is fitted, `name` is not a legal one, or the version is published under it already.
            CheckpointError: the store can't be written to.
        """
        return install(local_path(store, "store"), self._checkpoint.path, name, activate=activate)

    def close(self) -> None:
        """Forget what was fitted."""
        if self._fitted is not None:
            super().close()
            self._remove()
            self._fitted = None
            del self._service, self._http, self.model

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """As of a `Model`; before a fit an object of its parameters."""
        return super().__reduce_ex__(protocol) if self._fitted else object.__reduce_ex__(self, protocol)

    def __getattr__(self, name: str) -> Any:
        """Whatever a fit gives is missing before."""
        if name in ("_service", "_http", "model"):
            raise DataError("LinkPredictor: expected a fitted one, found none; call fit(graph) first")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _prepared(self, graph: Graph) -> tuple[TrainingConfig, EdgeSplit | None]:
        """The config, and the split that is given, after the checks of the command."""
        given, check = self._checked(graph)
        config = check(given)
        for ignored in require_features(given, graph):
            warnings.warn(in_python(ignored), stacklevel=4)  # at the call of `fit`, which is decorated
        return config, given_split(Path("checkpoints"), self._params["split"], graph)

    def _checked(self, graph: Graph) -> tuple[dict[str, Any], Check]:
        """The fields of a config that are given, and what checks them for a training on a graph."""
        if not isinstance(graph, Graph):
            raise DataError(
                f"graph: expected a latentlink Graph, found {type(graph).__module__.split('.')[0]}.{type(graph).__name__}; "
                "read it with latentlink.read_graph"
            )
        given = {name: self._params[name] for name in TrainingConfig.model_fields}
        require_types(given)
        if (module := self._module) is not None:
            given |= {"encoder": name_of(module), "dim": given["dim"] or width_of(module, graph)}
        beside = (("split", self._params["split"]), ("split_column", graph.parts))
        divided = [name for name, one in beside if one is not None]
        if graph.times is not None and given["time_column"] is None:
            if divided:
                raise DataError(
                    f"{divided[0]}: expected none for a graph with times, whose latest links are held out, found one; leave "
                    f"it out, or read the graph without time={graph.time_column!r}"
                )
            given["time_column"] = graph.time_column
        return given, partial(checked_config, of_relations=graph.relations is not None, divided=divided)

    def _train(self, graph: Graph, plan: Plan, split: EdgeSplit | None, trackers: Iterable[Tracker]) -> Path:
        """Train and publish into a new temporary store; the version's directory."""
        with line(shown=self._params["verbose"]) as shown, plan.limits():
            training = partial(train, graph, plan.config, device=plan.device, split=split, encoder=self._module)
            training = partial(training, on_step=shown.step)
            trained = tracked(training, trackers, plan.config, shown.epoch)
            shown.step(Step("writing the checkpoint"))
            store = Path(tempfile.mkdtemp(prefix="latentlink-"))
            try:
                kept = self._params["store_features"]
                return export(store, _PRIVATE, graph, plan.config, trained, store_features=kept)
            except BaseException:
                shutil.rmtree(store)
                raise

    @property
    def _module(self) -> Encoder | None:
        """The encoder, where it is a torch module or makes one; None where it is one by its name."""
        encoder = self._params["encoder"]
        return None if isinstance(encoder, str) else encoder

    def _training(self) -> tuple[Graph, Plan, EdgeSplit | None, Encoder | None]:
        return self._fitted or super()._training()

    def __repr__(self) -> str:
        given = (f"{name}={value!r}" for name, value in self._params.items() if value != _RUN.get(name))
        return f"{type(self).__name__}({', '.join(given)})"

    def _repr_html_(self) -> str:
        return super()._repr_html_() if self._fitted else f"<pre>{self!r}</pre>"


def _remove(store: Path, pid: int) -> None:
    """Remove a temporary store, but not that of the process that forked this one."""
    if pid == os.getpid():
        shutil.rmtree(store, ignore_errors=True)
