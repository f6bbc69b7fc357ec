"""`latentlink list`, `inspect`, `activate`, `rename`, `prune` and `install`."""

import json
import re
import shlex
from pathlib import Path

import pytest

from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.checkpoint.store import current_version
from tests.app.cli.conftest import Command
from tests.models.checkpoint.helpers import publish_small
from tests.parts import publish_parts
from tests.support import Small


@pytest.mark.parametrize("spelled", ["small", "small@{version}", "checkpoints/small/{version}"])
def test_a_model_is_inspected_by_name_or_path(latentlink: Command, tmp_path: Path, spelled: str) -> None:
    """The current version, another, or a directory."""
    version = publish_small(tmp_path / "checkpoints").name
    code, out, err = latentlink("inspect", spelled.format(version=version))
    first = out.splitlines()[0]
    assert (code, err, first.partition(":")[0], " 5 files " in first) == (0, "", f"small@{version}", True)


def test_the_parts_of_a_model_are_inspected(latentlink: Command, tmp_path: Path) -> None:
    """The columns of each kind, and whether there are shared links; a model of dense columns alone has no such line."""
    store = tmp_path / "checkpoints"
    publish_parts(store, open_checkpoint(publish_small(store)), "parts")
    assert "2 dense columns, 3 spectral columns, shared links, a bias by degree" in latentlink("inspect", "parts").out
    assert "columns" not in latentlink("inspect", "small").out


def test_directions_and_relations_are_inspected(latentlink: Command, tmp_path: Path) -> None:
    """How many kinds of links a model has; nothing of them where links have neither."""
    for name, small in (("kg", Small.relational()), ("directed", Small.directed()), ("plain", Small.random())):
        small.publish(tmp_path / "checkpoints", name)
    graphs = [latentlink("inspect", name).out.splitlines()[2] for name in ("kg", "directed", "plain")]
    kinds = [graph.partition(", directed")[1:] for graph in graphs]
    assert kinds == [(", directed", ", 3 relations"), (", directed", ""), ("", "")]


def test_a_model_without_its_encoder_is_listed_as_such(latentlink: Command, tmp_path: Path) -> None:
    """Its kind says so, and `inspect` that it has no posterior; that of the model with an encoder does not."""
    store = tmp_path / "checkpoints"
    publish_parts(store, open_checkpoint(publish_small(store)), "parts", dense=False)
    rows = latentlink("list").out.splitlines()[1:]
    assert ["without encoder" in row for row in rows] == [row.startswith("parts") for row in rows] == [True, False]
    assert "no posterior" in latentlink("inspect", "parts").out


def test_a_changed_byte_is_named_by_its_file(latentlink: Command, tmp_path: Path) -> None:
    """Exit code 2 and one message."""
    path = publish_small(tmp_path / "checkpoints")
    (path / "MODEL_CARD.md").write_text("edited")
    code, out, err = latentlink("inspect", "small")
    assert (code, out, "MODEL_CARD.md: " in err, len(err.splitlines())) == (2, "", True, 1)


def test_a_damaged_current_version_names_the_one_to_go_back_to(latentlink: Command, tmp_path: Path) -> None:
    """`inspect` and `list` name the command for the newest other version whose files have their sizes; none, if there is none."""
    whole, short, current = (publish_small(tmp_path / "checkpoints") for _ in range(3))
    for path in (short, current):
        (path / "nodes.safetensors").write_bytes(b"")
    command = f"latentlink activate small {whole.name}"
    assert command in latentlink("inspect", "small").err
    _, out, err = latentlink("list")
    assert [line.split()[2:] for line in out.splitlines()[2:]] == [["damaged"], ["*", "damaged"]]
    assert [command in line for line in err.splitlines()] == [False, True]
    assert "activate" not in latentlink("inspect", f"small@{short.name}").err
    (whole / "nodes.safetensors").unlink()
    assert "activate" not in latentlink("inspect", "small").err


def test_an_operator_activates_and_prunes(latentlink: Command, tmp_path: Path) -> None:
    """An old version is current again, and the others are deleted."""
    paths = [publish_small(tmp_path / "checkpoints") for _ in range(3)]
    assert latentlink("activate", "small", paths[0].name).out.split() == ["current", f"small@{paths[0].name}"]
    assert current_version(tmp_path / "checkpoints/small") == paths[0].name
    assert latentlink("prune", "small", "--keep", 1).out.split() == ["deleted", f"small@{paths[1].name}"]
    assert latentlink("prune", "small", "--keep", 1).code == 0
    assert [path.exists() for path in paths] == [True, False, True]


@pytest.mark.parametrize("given", [["my store/small"], ["small", "--checkpoints", "my store"]])
def test_the_printed_activation_acts_on_the_store_of_the_model(
    latentlink: Command, tmp_path: Path, given: list[str]
) -> None:
    """Not on the default one, where a model of that name may be, too; neither has an active version."""
    for store in ("checkpoints", "my store"):
        newest = [publish_small(tmp_path / store) for _ in range(2)][-1]
        (newest.parent / "CURRENT").unlink()
    code, _, err = latentlink("inspect", *given)
    [command] = re.findall("`latentlink (.*)`", err)
    assert (code, latentlink(*shlex.split(command)).code) == (2, 0)
    assert current_version(tmp_path / "my store/small") == newest.name


def test_a_foreign_checkpoint_is_installed_once(latentlink: Command, tmp_path: Path) -> None:
    """The copy is current; a second time is refused."""
    source = publish_small(tmp_path / "elsewhere")
    assert latentlink("install", source).code == 0
    assert current_version(tmp_path / "checkpoints/small") == source.name
    code, _, err = latentlink("install", source)
    assert (code, source.name in err, len(err.splitlines())) == (2, True, 1)


def test_models_are_listed(latentlink: Command, tmp_path: Path) -> None:
    """A row for each version, the current one marked; what can't be read is named and ends nothing."""
    assert latentlink("list").out == "no models in checkpoints\n"
    old, new = publish_small(tmp_path / "checkpoints"), publish_small(tmp_path / "checkpoints")
    (old / "manifest.json").write_text("{}")
    code, out, err = latentlink("list")
    _, first, second = (line.split() for line in out.splitlines())
    assert (code, first, err.count(old.name)) == (0, ["small", old.name, "damaged"], 1)
    assert second[:3] == ["small", new.name, "*"]
    assert (second[5:8], second[-2:]) == (["gae", "7", "3"], ["0.6000", "–"])


def test_the_list_names_the_metrics_on_which_a_heuristic_is_ahead(latentlink: Command, tmp_path: Path) -> None:
    """In the last column, and with the heuristics in JSON."""
    ranked = {"ap": 0.9, "full_mrr": 0.2, "full_hits@10": 0.3}
    metrics = {"test": ranked, "baselines": {"spectral": {"ap": 0.8, "full_mrr": 0.25, "full_hits@10": 0.4}}}
    Small.random().publish(tmp_path / "checkpoints", metrics=metrics)
    row = latentlink("list").out.splitlines()[1]
    assert row.endswith("0.9000   0.2000    full MRR, full Hits@10")
    [found] = json.loads(latentlink("list", "--json").out)
    assert (found["full_mrr"], found["beaten_on"]) == (0.2, {"full_mrr": ["spectral"], "full_hits@10": ["spectral"]})


def test_a_program_reads_the_list(latentlink: Command, tmp_path: Path) -> None:
    """One line of JSON."""
    path = publish_small(tmp_path / "checkpoints")
    [found] = json.loads(latentlink("list", "--json").out)
    manifest = json.loads((path / "manifest.json").read_text())
    assert (found["name"], found["version"], found["current"], found["ap"]) == ("small", path.name, True, 0.6)
    assert (found["counts"], found["created_at"]) == (manifest["counts"], manifest["created_at"])
    assert found["bytes"] == sum(entry["bytes"] for entry in manifest["files"].values())


def test_a_model_gets_another_name(latentlink: Command, tmp_path: Path) -> None:
    """By `rename`, or as it is installed; a name in use ends with one message."""
    source = publish_small(tmp_path / "elsewhere")
    assert latentlink("install", source, "--name", "large").code == 0
    assert latentlink("rename", "large", "larger").out.split() == ["renamed", "checkpoints/larger"]
    assert latentlink("inspect", "larger").out.startswith(f"larger@{source.name}: intact")
    code, _, err = latentlink("rename", "larger", "larger")
    assert (code, err[:13], len(err.splitlines())) == (2, "error: name: ", 1)


@pytest.mark.parametrize("command", [("rename", "friends", "my friends/x"), ("prune", "a/b"), ("activate", "a/b", "v")])
def test_a_wrong_name_names_no_option_that_the_command_lacks(latentlink: Command, command: tuple[str, ...]) -> None:
    """Only commands with `--name` name it."""
    code, _, err = latentlink(*command)
    assert (code, "--name" in err) == (2, False)


@pytest.mark.parametrize(
    "command",
    [
        ("inspect", "small@"),
        ("compare", "small@", "small"),
        ("compare", "small", "small@"),
        ("push", "small@", "file:///none"),
        ("export", "small@", "--to", "parquet", "--at", "vectors"),
        ("train", "--edges", "ring.csv", "--split", "small@"),
    ],
)
def test_no_command_takes_nothing_behind_the_at_for_the_current_version(
    latentlink: Command, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """As in `small@$VERSION`, where the variable is not set; there is a current version."""
    publish_small(tmp_path / "checkpoints")
    code, _, err = latentlink(*command)
    assert (
        code,
        err.endswith("expected a version behind small@, found nothing; leave out @ for the current one\n"),
    ) == (
        2,
        True,
    )
