"""The search: its trials, how they end, and how it goes on after it was killed. Trainings are scripted: they cost nothing."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from latentlink.models.checkpoint.disk.locking import exclusive
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.graph.graph import Graph
from latentlink.models.sources import load_graph
from latentlink.models.training.fit import Epoch, Progress
from latentlink.models.training.options import checked_config
from latentlink.models.training.tuning.space import Given, read_space
from latentlink.models.training.tuning.study import Tuning, search
from latentlink.models.training.tuning.trials import Heard, Trial, best_of

Script = Callable[[TrainingConfig], float]


@pytest.fixture(scope="module")
def graph() -> Graph:
    """Any graph: nothing is trained on it."""
    return load_graph(dataset="karate")


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[Script], None]:
    """Lets a training report a number by its config at each epoch, and end with it."""

    def use(value: Script) -> None:
        def scripted(_: Graph, config: TrainingConfig, on_epoch: Progress, *__: object, **___: object) -> float:
            found = value(config)
            for number in range(1, config.epochs + 1):
                on_epoch(Epoch(number, 0.0, {"auc": found, "ap": found}, "fit"))
            return found

        monkeypatch.setattr("latentlink.models.training.tuning.study.validate", scripted)

    use(lambda config: 1 - abs(config.edge_masking - 0.6))
    return use


def _tuning(graph: Graph, given: Given, **options: object) -> Tuning:
    fixed = {"epochs": 20, **options}
    check = partial(checked_config, of_relations=False, divided=())
    return Tuning(graph, fixed, read_space(given, fixed, check), check, device="cpu")


def _search(tuning: Tuning, trials: int, journal: Path | None = None, on_epoch: Any = lambda _: None) -> list[Trial]:
    heard: list[Trial] = []
    found = search(tuning, trials, Heard(lambda _: None, on_epoch, heard.append), journal)
    assert heard == found
    return found


MASKING: Given = {"edge_masking": (0.1, 0.9)}


@pytest.mark.usefixtures("script")
def test_the_seed_decides_the_trials(graph: Graph) -> None:
    """The same one gives the same ones; the best is the one whose number is the largest."""
    trials = _search(_tuning(graph, MASKING), 15)
    assert _search(_tuning(graph, MASKING), 15) == trials
    assert _search(_tuning(graph, MASKING, seed=1), 15) != trials
    best = min(trials, key=lambda one: abs(float(one.params["edge_masking"] or 0) - 0.6))
    assert best_of(trials) == best
    assert abs(float(best.params["edge_masking"] or 0) - 0.6) < 0.05
    assert str(best).startswith(f"trial {best.number}: validation {best.validation:.4f} with edge_masking 0.")


def test_a_small_space_is_tried_whole(graph: Graph, script: Callable[[Script], None]) -> None:
    """Each combination once, in an order that is no order of the space; of equals the first is the best."""
    script(lambda _: 0.5)
    trials = _search(_tuning(graph, {"dim": [4, 8, 16], "hops": [1, 2, 3]}), 30)
    tried = [(one.params["dim"], one.params["hops"]) for one in trials]
    assert sorted(tried) == [(dim, hops) for dim in (4, 8, 16) for hops in (1, 2, 3)] != tried
    assert best_of(trials).number == 1


def test_a_trial_that_falls_behind_ends_early(graph: Graph, script: Callable[[Script], None]) -> None:
    """After five whole ones, and after a tenth of its epochs; the others go on to their end."""
    script(lambda config: 0.9 - config.hops / 1000 if config.hops < 6 else 0.1)
    epochs: list[int] = []
    trials = _search(_tuning(graph, {"hops": [*range(1, 11)]}), 10, on_epoch=lambda epoch: epochs.append(epoch.number))
    bad = [one for one in trials[5:] if int(one.params["hops"] or 0) > 5]
    assert bad
    assert {one.state for one in bad} == {"pruned"}
    assert {one.state for one in trials[:5]} == {"complete"}
    assert epochs.count(20) == sum(one.state == "complete" for one in trials)
    assert epochs.count(2) == 10
    assert epochs.count(3) == epochs.count(20)


def test_a_trial_that_fails_is_noted_and_the_search_goes_on(graph: Graph, script: Callable[[Script], None]) -> None:
    """With its reason; a search without a trial that ends well has none to train."""

    def diverging(config: TrainingConfig) -> float:
        if config.dim > 4:
            raise DataError("training: expected a finite score on validation, found none")
        return 0.7

    script(diverging)
    trials = _search(_tuning(graph, {"dim": [4, 8]}), 5)
    assert {one.params["dim"]: (one.state, one.error) for one in trials} == {
        4: ("complete", None),
        8: ("failed", "training: expected a finite score on validation, found none"),
    }
    assert best_of(trials).params == {"dim": 4}
    with pytest.raises(DataError, match=r"^tuning: expected a trial that ends well, found none of 1 trial: training: "):
        best_of([one for one in trials if one.error])


@pytest.mark.parametrize("given", [MASKING, {"dim": [2, 4, 6], "hops": [1, 2]}], ids=["estimated", "grid"])
@pytest.mark.usefixtures("script")
def test_a_search_that_was_killed_ends_with_all_trials(given: Given, graph: Graph, tmp_path: Path) -> None:
    """Those of one that was not, though a crash left half of a line; with more trials it goes on."""
    journal, tuning, seen = tmp_path / "journal", _tuning(graph, given), 0
    whole = _search(tuning, 6)

    def kill(_: Epoch) -> None:
        nonlocal seen
        seen += 1
        if seen == 70:  # in the fourth trial, of 20 epochs each
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _search(tuning, 6, journal, kill)
    with journal.open("ab") as file:
        file.write(b'{"op_code":')
    assert _search(tuning, 6, journal) == whole
    more = _search(tuning, 9, journal)
    assert (more[:6], len(more)) == (whole, 9 if given == MASKING else 6)


@pytest.mark.usefixtures("script")
def test_a_journal_of_another_tuning_is_refused(graph: Graph, tmp_path: Path) -> None:
    """The message names what differs; the file stays as it is."""
    journal = tmp_path / "journal"
    _search(_tuning(graph, MASKING), 1, journal)
    before = journal.read_bytes()
    with pytest.raises(DataError, match=r"journal: expected a tuning with seed 1, found one with seed 0; "):
        _search(_tuning(graph, MASKING, seed=1), 1, journal)
    with pytest.raises(DataError, match=r"'edge_masking': '0\.2\.\.0\.9'"):
        _search(_tuning(graph, {"edge_masking": (0.2, 0.9)}), 1, journal)
    assert journal.read_bytes() == before


@pytest.mark.usefixtures("script")
def test_a_journal_that_can_t_be_used_is_refused(graph: Graph, tmp_path: Path) -> None:
    """Damaged, in the hands of another process, or nowhere; each in one line."""
    journal, tuning = tmp_path / "journal", _tuning(graph, MASKING)
    journal.write_text('no journal\n{"but": "lines"}\n')
    with pytest.raises(DataError, match=r"journal: expected the journal of a tuning, found a damaged file; delete it"):
        _search(tuning, 1, journal)
    assert journal.read_text().startswith("no journal")
    with (
        exclusive(journal),
        pytest.raises(DataError, match=r"journal: expected a tuning that no other process works on"),
    ):
        _search(tuning, 1, journal)
    with pytest.raises(DataError, match=r"expected a file to write to, found: No such file or directory"):
        _search(tuning, 1, tmp_path / "nowhere/journal")
