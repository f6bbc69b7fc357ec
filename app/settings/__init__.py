"""The settings of the service: every field is read from the environment as LATENTLINK_<NAME>.

The descriptions are the one text of each setting: `latentlink serve --help` and the documentation show them.
"""

import os
import re
from difflib import get_close_matches
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from latentlink.app.settings.values import (
    INJECTED_PORT,
    LocalPath,
    Location,
    LogFormat,
    OptionalPath,
    Origins,
    Port,
    RootPath,
    Shadows,
    Words,
)
from latentlink.models.checkpoint.remote.location import StoreURL
from latentlink.models.errors import DataError

PREFIX = "LATENTLINK_"
# What Kubernetes sets in every container for a Service that is named `latentlink` or `latentlink-…`.
_INJECTED_NAME = re.compile(
    PREFIX + r"(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)", re.IGNORECASE
)
_OTHERS = (f"{PREFIX}DATA",)  # variables of the project that are not settings: where tests and benchmarks find graphs


class Settings(BaseSettings):
    """Settings of one service process.

    Raises:
        pydantic.ValidationError: a value is out of its range.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    checkpoints: Location = Field(
        Path("checkpoints"),
        description="Directory of checkpoints, which holds <name>/<version>/, or the URL of one in object storage.",
    )
    cache: OptionalPath = Field(
        None,
        description="Directory for copies of checkpoints at a URL, or of mapped files that others may write to; none by default.",
    )
    cache_bytes: int | None = Field(
        None,
        ge=1,
        description="Bytes that copies of checkpoints at a URL may take; by default one older version of each model is kept.",
    )
    mirror_seconds: float = Field(
        10, gt=0, le=3600, description="Seconds between two looks at a URL for new versions, a quarter more or less."
    )
    default_model: str | None = Field(
        None,
        description="Model that `default` stands for; without it, the only model, whether it could be loaded or not.",
    )
    required_models: Words = Field(
        (),
        description="Models that must be loaded before the service is ready, separated by spaces; the default model always must.",
    )
    jobs: OptionalPath = Field(
        None,
        description="Directory of jobs, lists of links that are found in the background; without it there are none.",
    )
    shadow: Shadows = Field(
        (),
        description="Candidates that are asked in the background what a share of the requests asked the model, to see how they "
        "differ, as NAME@VERSION:SHARE, separated by spaces.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Port = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(1, ge=1, le=256, description="Worker processes.")
    root_path: RootPath = Field(
        "",
        description="Path below which a proxy serves the service, such as /graphs; X-Forwarded-Prefix takes precedence.",
    )
    api_keys: SecretStr | None = Field(
        None, description="API keys, one a line; without any, every request is answered."
    )
    api_keys_file: LocalPath | None = Field(None, description="File of API keys, instead of api_keys.")
    admin_keys: SecretStr | None = Field(
        None, description="Admin keys, one a line: API keys that may also activate versions."
    )
    admin_keys_file: LocalPath | None = Field(None, description="File of admin keys, instead of admin_keys.")
    keys_file: LocalPath | None = Field(
        None,
        description="TOML file of named keys with hash, scopes, models, rate and expiry; a change of the file needs no restart.",
    )
    metrics_open: bool = Field(False, description="Whether /metrics is open without a key where API keys are set.")
    cors_origins: Origins = Field(
        (),
        description="Web sites whose pages may call the API (CORS), separated by spaces, such as https://example.org; * for any.",
    )
    explorer: bool = Field(True, description="Whether / serves the explorer, a web page for this API.")
    log_format: LogFormat = Field("text", description="text for people; json for programs, one object a line.")
    slow_seconds: float = Field(
        5, ge=0, le=3600, description="Seconds from which on the log's line of a request is a warning; 0 warns of none."
    )
    poll_seconds: float = Field(1.0, gt=0, le=3600, description="Seconds between two checks for new versions.")
    drain_seconds: int = Field(4, ge=0, le=3600, description="Seconds that requests in flight may take after SIGTERM.")
    max_open_models: int = Field(
        100,
        ge=1,
        description="Models open in each worker; of more, each is opened at its first request, in place of the least recently "
        "requested one.",
    )
    max_in_flight: int = Field(
        64, ge=1, description="Requests in flight in each worker; more are refused at once with 503."
    )
    max_heavy: int = Field(
        16, ge=1, description="Heavy requests in flight in each worker; more are refused at once with 503."
    )
    max_connections: int = Field(
        1_000,
        ge=1,
        description="Open connections of each worker; a further connection closes the one that is idle longest.",
    )
    timeout_seconds: float = Field(
        30, gt=0, le=3600, description="Seconds until the first byte of an answer, and between any two of its parts."
    )
    max_pairs: int = Field(100_000, ge=1, description="Maximum number of pairs in one request.")
    max_rows: int = Field(
        10_000_000,
        ge=1,
        description="Maximum number of rows, pairs or nodes, in one body of Arrow. Up to 12 bytes of each are kept until it is "
        "answered, of many rows in a temporary file; all bodies of a worker together have room for eight times the maximum.",
    )
    max_nodes: int = Field(10_000, ge=1, description="Maximum number of nodes in one request.")
    max_k: int = Field(1_000, ge=10, description="Maximum k, the number of predicted neighbours of a node.")
    max_results: int = Field(1_000_000, ge=1, description="Maximum of nodes × k in one request.")
    max_links: int = Field(1_000_000, ge=1, description="Maximum number of links that a job lists.")
    job_keep_seconds: float = Field(
        86_400, gt=0, description="Seconds for which a job that has ended, and its result, are kept."
    )
    max_work: int = Field(
        30_000,
        ge=100,
        description="Maximum estimated work of one request, in millions of operations, a millisecond each on one core.",
    )
    max_body_bytes: int = Field(
        16 * 2**20,
        ge=1,
        description="Maximum number of bytes of a request's body, or of one batch of a body of Arrow, decompressed.",
    )

    @property
    def directory(self) -> Path:
        """The directory of checkpoints, or that of their copies.

        Raises:
            DataError: they are at a URL, and there is no directory for copies.
        """
        if not isinstance(self.checkpoints, StoreURL):
            return self.checkpoints
        if self.cache is None:
            raise DataError(
                f"LATENTLINK_CACHE: expected a directory for copies of {self.checkpoints}, found none; name one on a disk with "
                "room for two versions of each model"
            )
        return self.checkpoints.copies(self.cache)


def read_settings() -> Settings:
    """The settings of the environment.

    Raises:
        pydantic.ValidationError: a value is out of its range.
        DataError: a variable begins as settings do, and is not one.
    """
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    given = {name for name in os.environ if name.upper().startswith(PREFIX)} - set(injected())
    wrong = sorted(name for name in given if name.upper() not in (*known, *_OTHERS))
    if wrong:
        nearest = {name: get_close_matches(name.upper(), known, 1, 0) for name in wrong}
        raise DataError(
            "; ".join(
                f"{name}: expected the name of a setting, such as {near}, found none"
                for name, [near] in nearest.items()
            )
        )
    return Settings()


def injected() -> list[str]:
    """The variables that an orchestrator set for a Service named like this project: no settings, and ignored."""
    return sorted(
        name
        for name, value in os.environ.items()
        if _INJECTED_NAME.fullmatch(name)
        or (name.upper().startswith(PREFIX) and name.upper().endswith("PORT") and INJECTED_PORT.match(value))
    )
