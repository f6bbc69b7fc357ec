"""`latentlink inspect` on checkpoints with unusual facts."""

from pathlib import Path

import pytest

from latentlink.app.cli.commands import _end
from latentlink.app.cli.stores.checkpoints import inspect
from tests.models.checkpoint.helpers import forge


def test_inspect_prints_the_numbers_among_the_metrics(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no number (a baseline's own metrics, null, a word) is left out, and so is a part without any."""
    metrics = {"test": {"auc": 0.5, "n": 3, "ap": None, "by": "hand"}, "baselines": {"random": {"auc": 0.5}}}
    inspect(str(forge(tmp_path, {}, metrics=metrics)))
    assert "\ntest        auc 0.5000, n 3\ncreated " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("posterior", "shown"),
    [
        ({"median_sigma": 0.25, "kl_per_node": 12}, ["posterior   median sigma 0.2500, kl per node 12.0000"]),
        (None, []),
    ],
)
def test_inspect_prints_the_posterior(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], posterior: object, shown: list[str]
) -> None:
    """Its numbers stand below the metrics where the manifest has them."""
    inspect(str(forge(tmp_path, {}, training={"posterior": posterior})))
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("posterior")] == shown


def test_inspect_and_errors_print_no_escapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Texts of a manifest can't colour, clear or rename a terminal, nor look like lines of their own."""
    evil = "x\x1b]0;owned\x07\x9b2J\nmodel"
    metrics = {"test": {"ap": 0.1, evil: 1.0}, evil: {"auc": 0.5}, "baselines": {evil: {"ap": 0.9}}}
    inspect(str(forge(tmp_path / "a", {}, encoder=evil, metrics=metrics)))
    with pytest.raises(SystemExit):
        _end(f"manifest: expected a fact, found {evil}")
    out, err = capsys.readouterr()
    assert not set(out + err) & {"\x1b", "\x07", "\x9b"}
    assert len(out.splitlines()) == 8
