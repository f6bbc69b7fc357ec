"""Commands in `sh` blocks are for a reader's own data or machine: not run, but held to the command line and the API."""

import re
import shlex
from typing import Any
from urllib.parse import urlsplit

import pytest
from typer.main import get_command

from docs.generate.code import PREFIX, Settings, command_line
from tests.contracts.operations import DOCUMENT
from tests.docs.pages import README, RECORDS, blocks, name, pages

# Programs that can't be run in a test, and why.
REASONS = {
    ".": "changes the reader's shell",
    ".ci/run": "runs this test",
    "cd": "changes the reader's shell",
    "docker": "needs a container engine",
    "duckdb": "its command line is not a dependency",
    "git": "needs the network",
    "helm": "needs a cluster; tests/deploy renders the chart",
    "kubectl": "needs a cluster",
    "make": "sets up an environment; make demo and make test have tests of their own",
    "npx": "downloads a program; .ci/clients/run runs it",
    "openapi-python-client": "is not a dependency; .ci/clients/run runs it",
    "pip": "installs from a package index",
    "python": "needs packages that the project does not install, or minutes; make bench runs the benchmarks",
    "systemctl": "needs systemd",
    "tensorboard": "is not a dependency",
}
COMMANDS: Any = get_command(command_line())  # typer's own copy of click has no types to import
# Options of other programs that pages speak of.
FOREIGN = {
    "--help",
    "--version",
    "--build",
    "--init",
    "--profile",
    "--reverse-proxy",
    "--set-xauthrequest",
    "--read-only",
    "--tmpfs",
    "--user",
    "--no-proxy-headers",
    "--quick",
    "--url",
    "--default-non-nullable",
    "--output",
    "--whole",
}
ROUTES = [re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))) for path in DOCUMENT["paths"]]


def _commands(text: str) -> list[list[str]]:
    """The words of each command, without comments and what a here-document feeds."""
    text = re.sub(r" <<'(\w+)'\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    lines = re.sub(r"\\\n", "", text).splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


NOT_RUN = [
    (name(page), words)
    for page in [README, *pages()]
    for block in blocks(page)
    if block.info == "sh"
    for words in _commands(block.text)
]


def test_what_is_not_run_would_be_understood() -> None:
    """`latentlink` knows the command and its options, `curl` asks a route that is there, all else has a reason."""
    assert len(NOT_RUN) > 100
    wrong = {}
    for page, words in NOT_RUN:
        try:
            _understand(words)
        except (Exception, SystemExit) as error:  # typer's own copy of click has no types to import
            wrong[f"{page}: {' '.join(words)}"] = repr(error)
    assert wrong == {}


def _understand(words: list[str]) -> None:
    """Fail at a command that is not what pages may show."""
    while variable := re.match(r"(\w+)=", words[0]):
        known = variable[1].removeprefix(PREFIX).lower() in (*Settings.model_fields, "data")  # of benchmarks and tests
        assert known or not variable[1].startswith(PREFIX), variable[1]
        words = words[1:]
    if words[0] == "torchrun":
        words = words[words.index("latentlink") :]
    if words[0] == "latentlink":
        COMMANDS.commands[words[1]].make_context(words[1], words[2:])
    elif words[0] == "curl":
        [url] = [word for word in words if "localhost:" in word]
        path = urlsplit(url if "://" in url else f"http://{url}").path
        assert any(route.fullmatch(path) for route in ROUTES), path
    else:
        assert words[0] in REASONS, words


def test_an_unknown_option_would_be_found() -> None:
    """The check is one that can fail."""
    with pytest.raises(Exception, match="No such option: --nope"):
        _understand(["latentlink", "train", "--nope"])
    with pytest.raises(AssertionError, match="/v1/nope"):
        _understand(["curl", "localhost:8000/v1/nope"])


def test_pages_name_options_that_exist() -> None:
    """Every option of `latentlink` in the text is one that its help shows: old names are not taught."""
    shown = {
        option
        for command in COMMANDS.commands.values()
        for parameter in command.params
        if not parameter.hidden
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    texts = {name(page): page.read_text("utf-8") for page in [README, *pages()] if name(page) not in RECORDS}
    named = {page: set(re.findall(r"`(--[a-z][a-z-]+)(?: [^`]*)?`", text)) for page, text in texts.items()}
    assert {page: options - shown - FOREIGN for page, options in named.items() if options - shown - FOREIGN} == {}
