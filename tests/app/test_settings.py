"""Settings from the environment."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from latentlink.app.main import create_app
from latentlink.app.settings import Settings, injected, read_settings
from latentlink.models.errors import DataError

GIVEN = {
    "checkpoints": "/data/models",
    "default_model": "papers",
    "required_models": "('a', 'b')",
    "cache": "/cache",
    "cache_bytes": "1000",
    "mirror_seconds": "3.5",
    "shadow": "('a@20260102T030405000000Z:0.05', 'b@20260102T030405000000Z:1')",
    "jobs": "/jobs",
    "max_links": "16",
    "job_keep_seconds": "60.0",
    "host": "::1",
    "port": "0",
    "workers": "3",
    "root_path": "/ll",
    "poll_seconds": "0.25",
    "drain_seconds": "9",
    "api_keys": "**********",  # as a secret is shown
    "api_keys_file": "/run/keys",
    "admin_keys": "**********",
    "admin_keys_file": "/run/admins",
    "keys_file": "/run/keys.toml",
    "metrics_open": "True",
    "cors_origins": "('https://a.org', 'http://localhost:3000')",
    "explorer": "False",
    "log_format": "json",
    "slow_seconds": "2.5",
    "max_in_flight": "8",
    "max_heavy": "5",
    "max_work": "700",
    "max_connections": "10",
    "timeout_seconds": "7.5",
    "max_pairs": "11",
    "max_nodes": "12",
    "max_k": "13",
    "max_results": "14",
    "max_body_bytes": "15",
    "max_rows": "16",
    "max_open_models": "17",
}


def test_every_setting_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """LATENTLINK_<NAME> sets every field there is."""
    assert GIVEN.keys() == Settings.model_fields.keys()
    for name, value in {
        **GIVEN,
        "cors_origins": "https://a.org http://localhost:3000",
        "required_models": "a b",
        "shadow": "a@20260102T030405000000Z:0.05 b@20260102T030405000000Z:1",
    }.items():
        monkeypatch.setenv(f"LATENTLINK_{name.upper()}", value)
    assert {name: str(value) for name, value in Settings().model_dump().items()} == GIVEN


def test_checkpoints_are_in_a_directory_or_at_a_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Copies of a URL have a directory of their own in the cache, which must be named; two URLs have two."""
    directories = set()
    for url in ("s3://bucket/models", "gs://bucket", "az://container/a/b/", f"file://{tmp_path}"):
        monkeypatch.setenv("LATENTLINK_CHECKPOINTS", url)
        settings = read_settings()
        assert str(settings.checkpoints) == url.rstrip("/")
        with pytest.raises(DataError, match="LATENTLINK_CACHE: expected a directory for copies of "):
            settings.directory  # noqa: B018  # it raises
        monkeypatch.setenv("LATENTLINK_CACHE", str(tmp_path))
        directories.add(read_settings().directory)
        monkeypatch.delenv("LATENTLINK_CACHE")
    assert {path.parent for path in directories} == {tmp_path}
    assert len(directories) == 4
    monkeypatch.setenv("LATENTLINK_CHECKPOINTS", "/data")
    assert read_settings().directory == Path("/data")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("checkpoints", url)
            for url in ("https://a.example/x", "s3:///x", "s3://key:secret@bucket", "s3://b/x?y", "file://x")
        ),
        ("cache_bytes", "0"),
        *(("port", "65536"), ("port", "-1"), ("port", "http"), ("workers", "0"), ("workers", "257"), ("max_k", "0")),
        *(("slow_seconds", value) for value in ("-1", "nan", "inf", "3601")),
        *((name, value) for name in ("poll_seconds", "timeout_seconds") for value in ("0", "-1", "nan", "inf", "3601")),
        ("max_in_flight", "0"),
        *(("cors_origins", value) for value in ("example.org", "https://a.org/", "https://*.a.org", "https://a.org,")),
        *(("shadow", f"a@20260102T030405000000Z:{share}") for share in ("0", "1.1", "-1", "nan", "1e-3", "")),
        *(("shadow", value) for value in ("a", "a@1:1", "A@20260102T030405000000Z:1", "a=20260102T030405000000Z:1")),
        *(("max_pairs", "1e5"), ("max_body_bytes", "16MiB"), ("drain_seconds", "-1"), ("max_nodes", "")),
        *(
            ("root_path", value)
            for value in ("ll", "//a.example", "/a b", "https://a.example/ll", "/é", "/v1", "/docs/x", "/..", "/a/./b")
        ),
    ],
)
def test_a_value_out_of_range_stops_the_service(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not boot with a setting that it can't keep, and names it."""
    monkeypatch.setenv(f"LATENTLINK_{name.upper()}", value)
    with pytest.raises(ValidationError) as caught:
        create_app()
    assert [error["loc"][0] for error in caught.value.errors()] == [name]


def test_an_unknown_setting_in_code_is_refused() -> None:
    """A name that is no setting is an error, not ignored."""
    with pytest.raises(ValidationError, match="max_pears"):
        Settings(max_pears=1)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LATENTLINK_API_KEY", "LATENTLINK_API_KEYS"),
        ("LATENTLINK_MAX_PEARS", "LATENTLINK_MAX_PAIRS"),
        ("LATENTLINK_TIMEOUT", "LATENTLINK_TIMEOUT_SECONDS"),
    ],
)
def test_a_variable_that_is_no_setting_stops_the_service(
    name: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typo in a key's name must not leave the service open; the message names the nearest setting."""
    monkeypatch.setenv(name, "x")
    with pytest.raises(DataError, match=f"^{name}: .* {meant},"):
        create_app()


@pytest.mark.parametrize("service", ["LATENTLINK", "LATENTLINK_MOVIES"])
def test_variables_that_kubernetes_injects_are_ignored(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Service of this name leaves the defaults in force, in each of the seven shapes that its variables have."""
    shapes = {
        "SERVICE_HOST": "10.0.0.11",
        "SERVICE_PORT": "8000",
        "SERVICE_PORT_HTTP": "8000",
        "PORT": "tcp://10.0.0.11:8000",
        "PORT_8000_TCP": "tcp://10.0.0.11:8000",
        "PORT_8000_TCP_PROTO": "tcp",
        "PORT_8000_TCP_ADDR": "10.0.0.11",
    }
    for name, value in shapes.items():
        monkeypatch.setenv(f"{service}_{name}", value)
    assert read_settings() == Settings() == Settings.model_construct()
    assert len(injected()) == len(shapes)


def test_the_variable_of_the_data_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """LATENTLINK_DATA belongs to the tests and benchmarks, and is let through."""
    monkeypatch.setenv("LATENTLINK_DATA", "/graphs")
    assert read_settings() == Settings()


def test_settings_do_not_change() -> None:
    """What the service was started with holds until it ends."""
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]


def test_an_app_takes_its_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`create_app()` reads them when it is called, not when it is imported."""
    monkeypatch.setenv("LATENTLINK_CHECKPOINTS", str(tmp_path))
    assert create_app().state.service.settings.checkpoints == tmp_path
