"""`tune`: hyperparameters searched on validation, and the predictor of the best."""

import html
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latentlink.local.predictor import LinkPredictor
from latentlink.local.progress import line
from latentlink.local.tables import cell, html_table
from latentlink.models.errors import python_names
from latentlink.models.graph.graph import Graph
from latentlink.models.paths import local_path
from latentlink.models.training.given_split import given_split
from latentlink.models.training.tuning.space import Given, read_space
from latentlink.models.training.tuning.study import Tuning, search
from latentlink.models.training.tuning.trials import Heard, Trial, best_of
from latentlink.models.wording import count

if TYPE_CHECKING:
    from pandas import DataFrame

_ROWS = 10  # of the best trials


def tune(
    graph: Graph,
    space: Given,
    trials: int = 30,
    storage: str | PathLike[str] | None = None,
    **params: Any,
) -> "Study":
    """Search hyperparameters by trainings that are compared on validation; it needs the extra `tune`.

    Each trial is a training without its test, on one split. The test is read once, by `Study.best`. A space with no more
    combinations than trials is tried whole; of any other Optuna's tree of Parzen estimators chooses. Trials that fall behind
    the median end early.

    Args:
        graph: what is trained on.
        space: a list of choices or a tuple (low, high) by the name of each parameter that differs: {"dim": [64, 128],
            "edge_masking": (0.5, 0.9)}.
        trials: how many, at most.
        storage: file from which the same call goes on after it was killed; made if absent. None for none.
        params: of `LinkPredictor`, the same in all trials; `seed` is also that of the search.

    Raises:
        DataError: a parameter or a value is wrong, all trials failed, or the file is of another tuning or damaged.

    Example:
        >>> import latentlink as ll
        >>> from latentlink.models.sources import load_graph
        >>> graph = load_graph(dataset="karate")
        >>> study = ll.tune(graph, {"dim": [4, 8]}, epochs=5, parts="dense", verbose=False)
        >>> len(study.trials)
        2
    """
    predictor = LinkPredictor(**params)
    with python_names(), line(shown=predictor.get_params()["verbose"]) as shown:
        tuning, heard = _tuning(predictor, graph, space), Heard(shown.step, shown.epoch, lambda _: None)
        found = search(tuning, trials, heard, None if storage is None else local_path(storage, "storage"))
        return Study(graph, predictor, found, best_of(found))


class Study:
    """The trials of a tuning, as `tune` returns them.

    Attributes:
        trials: in their order; each has `number`, `state`, `validation`, `params` and `error`.
        best_params: the parameters of the space that were best on validation.
    """

    def __init__(self, graph: Graph, predictor: LinkPredictor, trials: Sequence[Trial], best: Trial) -> None:
        self._graph, self._predictor, self._best = graph, predictor, best
        self.trials, self.best_params = trials, dict(best.params)

    @cached_property
    def best(self) -> LinkPredictor:
        """The predictor with the best parameters, trained when it is first read: the only look at the test."""
        return LinkPredictor(**self._predictor.get_params() | self.best_params).fit(self._graph)

    def to_pandas(self) -> "DataFrame":
        """A row for each trial."""
        from pandas import DataFrame

        return DataFrame(
            [
                {"trial": one.number, "state": one.state, "validation": one.validation, **one.params}
                for one in self.trials
            ]
        )

    def __repr__(self) -> str:
        header, rows = self._table()
        widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
        lines = (
            "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)) for row in (header, *rows)
        )
        return "\n".join([self._summary(), *map(str.rstrip, lines)])

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self._summary())}</p>{html_table(*self._table())}"

    def _summary(self) -> str:
        states = ", ".join(f"{n:,} {state}" for state, n in Counter(one.state for one in self.trials).items())
        return f"Study of {count(len(self.trials), 'trial')} ({states}); best {self._best}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        """The best trials."""
        ranked = sorted(self.trials, key=lambda one: (one.validation is None, -(one.validation or 0.0)))
        rows = [[str(one.number), one.state, cell(one.validation), *map(cell, one.params.values())] for one in ranked]
        return ["trial", "state", "validation", *self.best_params], rows[:_ROWS]


def _tuning(predictor: LinkPredictor, graph: Graph, given: Given) -> Tuning:
    """What is tuned: the predictor's options and split, and the space around them."""
    params, (options, check) = predictor.get_params(), predictor._checked(graph)
    space = read_space(given, options, check)
    split, encoder = given_split(Path("checkpoints"), params["split"], graph), predictor._module
    return Tuning(graph, options, space, check, split, params["device"], params["threads"], encoder)
