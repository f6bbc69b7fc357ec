"""What an operator decides: every field is read from the environment as LATENTLINK_<NAME>."""

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from latentlink.models.errors import DataError

LogFormat = Literal["text", "json"]
Origin = Annotated[str, Field(pattern=r"^(\*|https?://[^/\s*,]+)$")]
PREFIX = "LATENTLINK_"
_OTHERS = (f"{PREFIX}DATA",)  # variables of ours that are no settings: where tests and benchmarks find graphs


def _words(value: object) -> object:
    return tuple(value.split()) if isinstance(value, str) else value


class Settings(BaseSettings):
    """Settings of one service process.

    Raises:
        pydantic.ValidationError: a value is out of its range.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    checkpoints: Path = Field(Path("checkpoints"), description="Directory of checkpoints, <name>/<version>/ in it.")
    default_model: str | None = Field(None, description="Model that `default` means; else the only one there is.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(1, ge=1, le=256, description="Processes that answer.")
    api_keys: SecretStr | None = Field(None, description="Keys that may ask, one a line; without any everybody may.")
    api_keys_file: Path | None = Field(None, description="A file of such keys, instead.")
    admin_keys: SecretStr | None = Field(None, description="Keys that may also activate versions, one a line.")
    admin_keys_file: Path | None = Field(None, description="A file of such keys, instead.")
    metrics_open: bool = Field(False, description="Whether /metrics wants no key where there are keys.")
    cors_origins: Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(_words)] = Field(
        (), description="Web sites whose pages may ask, such as https://example.org, apart by spaces; * for any."
    )
    explorer: bool = Field(True, description="Whether / serves the explorer, a page over this API.")
    log_format: LogFormat = Field("text", description="text for a person, json for a program: one object a line.")
    poll_seconds: float = Field(1.0, gt=0, le=3600, description="How often to look for new versions, in seconds.")
    drain_seconds: int = Field(4, ge=0, le=3600, description="Time for requests in flight after SIGTERM, in seconds.")
    max_in_flight: int = Field(64, ge=1, description="Requests in work a worker; any more are refused at once.")
    timeout_seconds: float = Field(
        30, gt=0, le=3600, description="Time to the first byte of an answer, and of a stall later, in seconds."
    )
    max_pairs: int = Field(100_000, ge=1, description="Pairs in one request.")
    max_nodes: int = Field(10_000, ge=1, description="Nodes in one request.")
    max_k: int = Field(1_000, ge=10, description="Neighbours asked for each node; the default of a request is 10.")
    max_results: int = Field(1_000_000, ge=1, description="Nodes × k in one request.")
    max_body_bytes: int = Field(16 * 2**20, ge=1, description="Bytes of one request's body.")


def read_settings() -> Settings:
    """The settings of the environment.

    Raises:
        pydantic.ValidationError: a value is out of its range.
        DataError: a variable is named as a setting would be, and is none.
    """
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    given = (name for name in os.environ if name.upper().startswith(PREFIX))
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
