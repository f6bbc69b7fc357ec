"""`latentlink compare`."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.comparison.compare import compare
from tests.app.cli.conftest import Command
from tests.support import RELIABILITY, Small

KNOTS = {**RELIABILITY, "knots": {"logit": [-3.0, 3.0], "log_odds": [-2.0, 4.0]}, "prior": 0.01}


def test_two_versions_are_printed_side_by_side(latentlink: Command, small: Small, tmp_path: Path) -> None:
    """A line for each metric, for nodes and links, for the lists, and two for each sample of pairs."""
    store = tmp_path / "checkpoints"
    old = small.publish(store, calibration=KNOTS)
    new = small.renewed().publish(store, calibration=KNOTS, metrics={"test": {"auc": 0.875}})
    code, out, err = latentlink("compare", f"small@{old}", "small")
    assert (code, err) == (0, "")
    assert out.splitlines()[:6] == [
        f"before        small@{old}",
        f"after         small@{new}",
        "test          auc            0.7500  0.8750  +0.1250",
        "test          ap             0.5000       –",
        "nodes         60 to 60: 0 added, 0 removed",
        f"links         {len(small.edges)} to {len(small.edges)}: 0 added, 0 removed",
    ]
    assert [line[:13].rstrip() for line in out.splitlines()[6:]] == [
        *("neighbors", "  overlap", "best pairs", "  probability", "  calibrated"),
        *("random pairs", "  probability", "  calibrated"),
    ]


def test_the_line_of_json_is_the_comparison(latentlink: Command, small: Small, tmp_path: Path) -> None:
    """Of directories, too, whatever store they are in."""
    paths = [tmp_path / "checkpoints/small" / one.publish(tmp_path / "checkpoints") for one in (small, small.renewed())]
    code, out, _ = latentlink("compare", *map(str, paths), "--json")
    expected = compare(*map(open_checkpoint, paths)).document()
    assert (code, json.loads(out)) == (0, json.loads(json.dumps(expected)))


def test_models_without_common_nodes_have_no_lists(latentlink: Command, small: Small, tmp_path: Path) -> None:
    """All nodes are new, and there is nothing else to say."""
    store = tmp_path / "checkpoints"
    small.publish(store)
    replace(small, ids=tuple(f"other {node}" for node in small.ids)).publish(store, "other")
    code, out, _ = latentlink("compare", "small", "other")
    assert code == 0
    assert out.splitlines()[-1] == "neighbors     none to compare"


def test_a_version_beside_itself_is_said_to_be_the_same(latentlink: Command, small: Small, tmp_path: Path) -> None:
    """Otherwise a candidate that was named wrongly looks like one without a change."""
    old = small.publish(tmp_path / "checkpoints")
    new = small.renewed().publish(tmp_path / "checkpoints")
    code, out, _ = latentlink("compare", "small", f"small@{new}")
    assert (code, out.splitlines()[2]) == (0, "note          both are the same version")
    assert "same version" not in latentlink("compare", "small", f"small@{old}").out


def test_an_unknown_model_is_one_message(latentlink: Command, small: Small, tmp_path: Path) -> None:
    """Exit code 2, as for all commands."""
    small.publish(tmp_path / "checkpoints")
    code, out, err = latentlink("compare", "small", "nope")
    assert (code, out, len(err.splitlines())) == (2, "", 1)


@pytest.mark.parametrize("wrong", ["", "a b", "..", "nope"])
def test_what_names_no_model_is_said_with_its_argument(
    latentlink: Command, small: Small, tmp_path: Path, wrong: str
) -> None:
    """Which of both it is, and which models there are."""
    small.publish(tmp_path / "checkpoints")
    for arguments, name in (((wrong, "small"), "before"), (("small", wrong), "after")):
        assert (
            latentlink("compare", *arguments).err
            == f"error: {name}: expected one of small in checkpoints, found {wrong!r}\n"
        )


def test_a_directory_without_versions_is_named(latentlink: Command, small: Small, tmp_path: Path) -> None:
    """It is neither a version's nor a model's; the directory above it is no store."""
    small.publish(tmp_path / "checkpoints")
    (tmp_path / "etc").mkdir()
    err = latentlink("compare", "small", tmp_path / "etc").err
    assert err.startswith("error: after: expected a version's directory, or that of a model with versions, found '/")
    assert "which has no manifest.json and no versions; name another one, or a model of checkpoints" in err
