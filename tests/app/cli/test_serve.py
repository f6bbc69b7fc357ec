"""`latentlink serve` that does not start; one that does is tested in `tests/e2e`."""

import os
import socket
from pathlib import Path

import pytest

from latentlink.app.metrics import DIRECTORY
from tests.app.cli.conftest import Command
from tests.models.checkpoint.helpers import publish_small


@pytest.fixture(autouse=True)
def _starts_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uvicorn.run", lambda *_, **__: pytest.fail("it was started"))


def test_unsafe_keys_are_named_by_setting_and_line(latentlink: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that opens nothing ends the command with exit code 2; no key is repeated."""
    monkeypatch.setenv("LATENTLINK_API_KEYS", "good-key\na bad key")
    code, _, err = latentlink("serve")
    assert (code, err.startswith("error: LATENTLINK_API_KEYS, line 2: ")) == (2, True)
    assert "bad" not in err


def test_settings_out_of_range_are_named(latentlink: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, each by the variable of the environment, with the limit and what was found."""
    monkeypatch.setenv("LATENTLINK_MAX_PAIRS", "0")
    code, _, err = latentlink("serve", "--port", "70000")
    of_pairs, of_port = sorted(err.removeprefix("error: ").split("; "))
    named = of_pairs.partition(":")[0], of_port.partition(":")[0]
    assert (code, named) == (2, ("LATENTLINK_MAX_PAIRS", "LATENTLINK_PORT"))
    assert ["1," in of_pairs, "'0'" in of_pairs, "65535" in of_port, "'70000'" in of_port] == [True] * 4


@pytest.fixture
def _nothing_is_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a read-only root filesystem: the system's directory for temporary files is none."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    monkeypatch.setattr("latentlink.app.cli.serve._MEMORY", str(tmp_path / "missing"))
    monkeypatch.setenv(DIRECTORY, "as the test leaves it")


@pytest.mark.usefixtures("_nothing_is_writable")
def test_several_workers_share_metrics_in_memory(
    latentlink: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no directory for temporary files is writable; it is gone at the end."""
    seen: list[Path] = []
    monkeypatch.setattr("latentlink.app.cli.serve._MEMORY", str(tmp_path))
    monkeypatch.setattr("uvicorn.run", lambda *_, **__: seen.append(Path(os.environ[DIRECTORY])))
    assert latentlink("serve", "--port", "0", "--workers", "2")[0] == 0
    assert [path.parent for path in seen] == [tmp_path]
    assert not seen[0].exists()


@pytest.mark.usefixtures("_nothing_is_writable")
def test_several_workers_without_a_directory_are_refused(latentlink: Command) -> None:
    """The option and the remedies are named; one worker needs none, and would be started."""
    code, _, err = latentlink("serve", "--port", "0", "--workers", "2")
    assert (code, err.startswith("error: --workers: ")) == (2, True)
    assert "--tmpfs /tmp" in err
    with pytest.raises(pytest.fail.Exception):
        latentlink("serve", "--port", "0", "--workers", "1")


@pytest.mark.parametrize("jobs", ["file", "file/below"])
def test_jobs_that_can_not_be_kept_are_refused(
    latentlink: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: str
) -> None:
    """Exit code 2 before anyone asks for a job, with the setting and the path."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LATENTLINK_JOBS", str(tmp_path / jobs))
    code, _, err = latentlink("serve", "--port", "0")
    assert (code, err.startswith("error: LATENTLINK_JOBS: "), str(tmp_path / jobs) in err) == (2, True, True)
    assert f": the file {tmp_path / 'file'}; choose another one" in err


@pytest.mark.parametrize("setting", ["cache", "jobs"])
def test_a_url_or_a_link_to_nothing_is_no_directory(
    latentlink: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    """Exit code 2 and one line with the setting; no folder that is named as the URL begins is made."""
    (tmp_path / "link").symlink_to("nowhere")
    for value, found in (
        ("link", "the link link to nowhere, which is not there"),
        ("s3://b/x", "no URL, found 's3://b/x'"),
    ):
        monkeypatch.setenv(f"LATENTLINK_{setting.upper()}", value)
        code, _, err = latentlink("serve", "--port", "0")
        assert (code, len(err.splitlines()), found in err) == (2, 1, True)
        assert err.startswith(f"error: LATENTLINK_{setting.upper()}: ")
    assert not (tmp_path / "s3:").exists()


def test_a_port_in_use_is_named(latentlink: Command, tmp_path: Path) -> None:
    """Exit code 2 before any model is loaded."""
    publish_small(tmp_path / "checkpoints")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, _, err = latentlink("serve", "--port", port)
    assert (code, f" 127.0.0.1:{port}: " in err, len(err.splitlines())) == (2, True, 1)


@pytest.mark.parametrize(("path", "named"), [("ring.csv", " ring.csv\n"), ("checkpoints/small", "/checkpoints\n")])
def test_a_path_that_holds_no_models_is_refused(latentlink: Command, tmp_path: Path, path: str, named: str) -> None:
    """A file, or one model's directory, is a mistake and not something to wait for; of the latter the parent is advised."""
    publish_small(tmp_path / "checkpoints")
    code, _, err = latentlink("serve", "--checkpoints", path)
    assert (code, err.startswith("error: --checkpoints: "), err.endswith(named)) == (2, True, True)
