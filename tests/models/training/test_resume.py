"""An interrupted training, once resumed, ends with the bytes of an uninterrupted one, or the error says why it can't."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.graph.graph import Graph
from latentlink.models.training.fit import Epoch
from latentlink.models.training.protocol import train
from latentlink.models.training.resume import FileSaver, facts_of, kept_fact
from latentlink.models.training.trained import Trained

SMALL = {"dim": 4, "evaluate_every": 2}
CONFIGS = {
    "three phases": TrainingConfig.model_validate({**SMALL, "epochs": 4}),
    "patience": TrainingConfig.model_validate({**SMALL, "epochs": 60, "patience": 1, "node_rows": "on"}),
    "no refit": TrainingConfig.model_validate({**SMALL, "epochs": 5, "model": "gae", "encoder": "gcn", "refit": False}),
    "sampled": TrainingConfig.model_validate({**SMALL, "epochs": 4, "sampled": "on"}),
    "ae": TrainingConfig.model_validate({**SMALL, "epochs": 4, "model": "ae"}),
    "vae": TrainingConfig.model_validate({**SMALL, "epochs": 4, "model": "vae"}),
}


class Killed(Exception):  # noqa: N818 - not an error of the training
    """Stands for the end of the process."""


def _no_warning(text: str) -> None:
    raise AssertionError(text)


def _graph() -> Graph:
    rng = np.random.default_rng(0)
    x = rng.random((40, 6), np.float32)
    return Graph.from_pairs([f"n{i}" for i in range(40)], rng.integers(0, 40, (150, 2)), features=x)


def _saver(
    home: Path, config: TrainingConfig, *, graph: Graph | None = None, resume: bool = True, interval: float = 0
) -> FileSaver:
    facts = facts_of(graph or _graph(), config, "cpu")
    return FileSaver(home, facts, resume=resume, warn=_no_warning, interval=interval, clock=lambda: 0)


def _until(phase: str, number: int) -> Callable[[Epoch], None]:
    def on_epoch(epoch: Epoch) -> None:
        if (epoch.phase, epoch.number) == (phase, number):
            raise Killed

    return on_epoch


def _interrupted(home: Path, config: TrainingConfig, phase: str, number: int) -> None:
    with pytest.raises(Killed):
        train(_graph(), config, _until(phase, number), _saver(home, config, resume=False))


def _assert_same(one: Trained, other: Trained) -> None:
    facts = [(each.metrics, each.curve, each.epoch, each.node_embeddings) for each in (one, other)]
    assert facts[0] == facts[1]
    assert one.embeddings.mu.tobytes() == other.embeddings.mu.tobytes()
    for name, weight in one.embeddings.weights.items():
        assert weight.tobytes() == other.embeddings.weights[name].tobytes()


@pytest.mark.parametrize("case", CONFIGS)
def test_an_interruption_at_any_epoch_changes_no_byte(tmp_path: Path, case: str) -> None:
    """Metrics, curve, embeddings and weights, for each epoch of each phase; a resumed training continues where it was."""
    config, moments = CONFIGS[case], list[tuple[str, int]]()
    whole = train(_graph(), config, lambda epoch: moments.append((epoch.phase, epoch.number)))
    for at, moment in enumerate(moments[1:], 1):
        home, resumed = tmp_path / str(at), list[Epoch]()
        home.mkdir()
        _interrupted(home, config, *moment)
        _assert_same(train(_graph(), config, resumed.append, _saver(home, config)), whole)
        assert [(epoch.phase, epoch.number) for epoch in resumed] == moments[at:]


def test_a_resumed_training_can_be_interrupted_too(tmp_path: Path) -> None:
    """One interruption in each phase."""
    config = CONFIGS["three phases"]
    whole = train(_graph(), config)
    _interrupted(tmp_path, config, "fit", 4)
    for phase, number in [("fit with node rows", 3), ("refit", whole.epoch)]:
        with pytest.raises(Killed):
            train(_graph(), config, _until(phase, number), _saver(tmp_path, config))
    _assert_same(train(_graph(), config, saver=_saver(tmp_path, config)), whole)


def test_an_end_while_saving_leaves_the_state_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A half-written file is not read."""
    config = CONFIGS["three phases"]
    _interrupted(tmp_path, config, "fit", 4)
    before = (tmp_path / ".resume/state.safetensors").read_bytes()

    def torn(path: Path, *_: object) -> None:
        path.write_bytes(before[: len(before) // 2])
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("latentlink.models.training.resume.write_tensors", torn)
        with pytest.raises(Killed):
            train(_graph(), config, saver=_saver(tmp_path, config))
    assert (tmp_path / ".resume/state.safetensors").read_bytes() == before
    _assert_same(train(_graph(), config, saver=_saver(tmp_path, config)), train(_graph(), config))


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (
            {"seed": 3, "dim": 8},
            "expected the state of a training with dim 8, seed 3, found one with dim 4, seed 0; resume",
        ),
        ({"data": "0"}, "expected the state of a training with data 0, found one with data [0-9a-f]{64}; resume with"),
        ({"device": "cuda"}, "training with device cuda, found one with device cpu"),
        ({"torch": "1.0"}, "training with torch 1.0, found one with torch 2"),
        ({"split": "time"}, "training with split time, found one with split None"),
    ],
)
def test_a_state_of_something_else_is_refused(tmp_path: Path, facts: dict[str, object], message: str) -> None:
    """The error names what differs, here and there, and how to mend it."""
    config = CONFIGS["three phases"]
    _interrupted(tmp_path, config, "fit", 4)
    other = {**facts_of(_graph(), config, "cpu"), **facts}
    with pytest.raises(DataError, match=message):
        FileSaver(tmp_path, other, resume=True, warn=_no_warning)


def test_a_fact_of_a_state_can_be_looked_up(tmp_path: Path) -> None:
    """Whether a training uses neighbor sampling, so that it is resumed so; None without a readable state."""
    assert kept_fact(tmp_path, "sampled") is None
    _interrupted(tmp_path, CONFIGS["sampled"], "fit", 4)
    assert kept_fact(tmp_path, "sampled") == "on"
    (tmp_path / ".resume/state.safetensors").write_bytes(b"torn")
    assert kept_fact(tmp_path, "sampled") is None


def test_a_changed_graph_is_other_data(tmp_path: Path) -> None:
    """One edge less, and the state is of no use."""
    config, graph = CONFIGS["three phases"], _graph()
    _interrupted(tmp_path, config, "fit", 4)
    with pytest.raises(DataError, match="with data "):
        _saver(tmp_path, config, graph=replace(graph, edges=graph.edges[1:]))


def test_any_damage_is_noticed(tmp_path: Path) -> None:
    """A file cut anywhere, and one with a wrong bit anywhere, is named, with the advice to delete it."""
    config = CONFIGS["no refit"]
    _interrupted(tmp_path, config, "fit", 4)
    path, message = tmp_path / ".resume/state.safetensors", r"expected the whole .*; delete it or leave out --resume"
    whole = path.read_bytes()
    places = np.random.default_rng(0).integers(0, len(whole), 60)
    cut = [whole[:size] for size in (0, 4, 100, len(whole) // 2, len(whole) - 1)]
    flipped = [whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :] for at in places]
    for damaged in cut + flipped:
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=rf"state\.safetensors: {message}"):
            _saver(tmp_path, config)


def test_without_a_state_a_training_begins(tmp_path: Path) -> None:
    """With `resume`, too, all is as in a training without it."""
    config = CONFIGS["no refit"]
    saver = _saver(tmp_path, config)
    assert not saver.found
    _assert_same(train(_graph(), config, saver=saver), train(_graph(), config))


def test_without_resume_an_old_state_is_replaced(tmp_path: Path) -> None:
    """The next saved state is of the new training."""
    old, new = CONFIGS["no refit"], CONFIGS["three phases"]
    _interrupted(tmp_path, old, "fit", 4)
    _interrupted(tmp_path, new, "fit", 3)
    assert _saver(tmp_path, new).found


def test_a_state_is_kept_every_few_seconds(tmp_path: Path) -> None:
    """At the first offer after 10 s, then after another 10 s, or ten times as long as the saving took."""
    clock = iter([0, 9, 10, 12, 31, 32, 32.5, 42, 43, 43])  # begun at 0; saved from 10 to 12, from 32 to 32.5 and at 43
    saver = FileSaver(tmp_path, {}, resume=False, warn=_no_warning, clock=lambda: next(clock))
    kept: list[int] = []
    for offer in range(6):
        saver.offer("fit", lambda: kept.append(offer) or {})  # type: ignore[func-returns-value] # noqa: B023
    assert kept == [1, 3, 5]


def test_a_state_that_cannot_be_kept_does_not_end_the_training(tmp_path: Path) -> None:
    """One warning, and the same outcome."""
    config, warnings = CONFIGS["no refit"], list[str]()
    (tmp_path / ".resume").touch()
    facts = facts_of(_graph(), config, "cpu")
    saver = FileSaver(tmp_path, facts, resume=False, warn=warnings.append, interval=0)
    _assert_same(train(_graph(), config, saver=saver), train(_graph(), config))
    assert [warning.partition(":")[0] for warning in warnings] == ["this training can't be resumed"]


def test_nothing_is_left_of_a_published_training(tmp_path: Path) -> None:
    """The state goes, and what a killed process was writing."""
    _interrupted(tmp_path, CONFIGS["no refit"], "fit", 4)
    (tmp_path / ".resume/7.safetensors").touch()
    _saver(tmp_path, CONFIGS["no refit"]).clear()
    assert not list(tmp_path.iterdir())
