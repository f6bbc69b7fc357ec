"""Azurite, Microsoft's server of the protocol of Azure Blob Storage, as the npm package `azurite` installs it."""

import base64
import hashlib
import hmac
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

import httpx2

from tests.e2e.service import free_port, wait_for
from tests.e2e.storages.storage import Storage
from tests.tools import Tool

AZURITE = Tool("azurite", shutil.which("azurite-blob"), "no azurite-blob on the PATH: npm install azurite@3.35.0")

_ACCOUNT, _KEY = "tests", base64.b64encode(b"of these tests").decode()


@contextmanager
def azurite(folder: Path) -> Iterator[Storage]:
    """Run it with an empty container, in memory.

    Raises:
        FileNotFoundError: as `Tool.require`.
    """
    program, port = AZURITE.require(), free_port()
    endpoint = f"http://127.0.0.1:{port}/{_ACCOUNT}"
    options = ("--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent")
    folder.mkdir(exist_ok=True)
    environment = {**os.environ, "AZURITE_ACCOUNTS": f"{_ACCOUNT}:{_KEY}"}
    command = [program, *options, "--blobPort", str(port)]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(endpoint, 400, 60)  # Node reads hundreds of files
            _make_container(endpoint, "models")
            yield Storage("az://models/production", _environment(endpoint), process.kill)
        finally:
            process.kill()


def _environment(endpoint: str) -> dict[str, str]:
    return {
        "AZURE_STORAGE_ACCOUNT_NAME": _ACCOUNT,
        "AZURE_STORAGE_ACCOUNT_KEY": _KEY,
        "AZURE_STORAGE_ENDPOINT": endpoint,
    }


def _make_container(endpoint: str, name: str) -> None:
    """Which obstore can't: a request that is signed by the key of the account."""
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2023-11-03"}
    signed = "".join(f"{header}:{value}\n" for header, value in headers.items())
    # Eleven headers that this request lacks, the account, and the path, which begins with the account.
    text = f"PUT{12 * chr(10)}{signed}/{_ACCOUNT}/{_ACCOUNT}/{name}\nrestype:container"
    signature = base64.b64encode(hmac.digest(base64.b64decode(_KEY), text.encode(), hashlib.sha256)).decode()
    headers["Authorization"] = f"SharedKey {_ACCOUNT}:{signature}"
    httpx2.put(f"{endpoint}/{name}?restype=container", headers=headers).raise_for_status()
