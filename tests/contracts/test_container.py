"""The Dockerfile and the compose file keep what docs/how-to/deploy-with-docker.md promises; read as text, without an engine."""

import json
import re
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest

from latentlink.app.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text("utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
BASE = "python:3.11-slim"
IMAGES = ("serve", "train")
SERVICES = ("api", "train")


class Stage(NamedTuple):
    """One `FROM` and what follows it, as pairs of an instruction and its words."""

    parent: str
    name: str
    steps: list[tuple[str, str]]

    def all(self, instruction: str) -> list[str]:
        """The words of every such instruction, in order."""
        return [words for found, words in self.steps if found == instruction]

    @property
    def copies(self) -> list[tuple[str | None, list[str]]]:
        """For every `COPY`, the stage it copies from (None: the checkout) and the sources."""
        found = []
        for words in self.all("COPY"):
            options, paths = [
                [w for w in words.split() if w.startswith("--") == is_option] for is_option in (True, False)
            ]
            origin = next((option.removeprefix("--from=") for option in options if option.startswith("--from=")), None)
            found.append((origin, paths[:-1]))
        return found


def read_stages(text: str) -> dict[str, Stage]:
    """The stages of a Dockerfile by name, in order."""
    stages: dict[str, Stage] = {}
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", "").splitlines():
        instruction, words = line.split(maxsplit=1)
        if instruction == "FROM":
            parent, _, name = words.split()
            stage = stages[name] = Stage(parent, name, [])
        else:
            stage.steps.append((instruction, words))
    return stages


STAGES = read_stages(DOCKERFILE)


def lineage(name: str) -> list[Stage]:
    """A stage after all those that it starts from."""
    return [*lineage(STAGES[name].parent), STAGES[name]] if name in STAGES else []


def reached(name: str) -> set[str]:
    """Every stage that something in this one comes from, itself too."""
    found = {stage.name for stage in lineage(name)}
    for stage in lineage(name):
        for origin, _ in stage.copies:
            found |= reached(origin) if origin else set()
    return found


def last(name: str, instruction: str) -> str:
    """What holds in a stage: the last such instruction in its lineage."""
    return [words for stage in lineage(name) for words in stage.all(instruction)][-1]


def environment(name: str) -> dict[str, str]:
    """The environment variables of a stage."""
    pairs = [pair for stage in lineage(name) for words in stage.all("ENV") for pair in words.split()]
    return dict(pair.split("=", 1) for pair in pairs)


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path of the checkout from the build; the last pattern that matches decides."""
    verdict = False
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        if pattern := line.partition("#")[0].strip():
            tried = [PurePosixPath(path), *PurePosixPath(path).parents]
            matched = any(fnmatchcase(str(part), pattern.removeprefix("!")) for part in tried)
            verdict = not pattern.startswith("!") if matched else verdict
    return verdict


def under(text: str, key: str) -> str:
    """What stands under (or beside) a key of block-style YAML, without its indentation and comments."""
    found = re.search(rf"^{key}:(.*(?:\n(?: .*)?)*)", text, re.MULTILINE)
    assert found, f"{key} is not in:\n{text}"
    lines = [re.sub(r"(^| )#.*", "", line).rstrip() for line in found[1].split("\n")]
    indent = min((len(line) - len(line.lstrip()) for line in lines[1:] if line), default=0)
    return "\n".join([lines[0].strip(), *(line[indent:] for line in lines[1:])]).strip()


def service(name: str, key: str) -> str:
    """One key of one service."""
    return under(under(under(COMPOSE, "services"), name), key)


def test_the_default_image_serves() -> None:
    """A build without a target makes the last stage, which is `serve`."""
    assert [*STAGES][-1] == "serve"


def test_all_stages_share_one_base() -> None:
    """The environment is built by the very interpreter that runs it: no stage starts from another image."""
    assert {stage.parent for stage in STAGES.values() if stage.parent not in STAGES} == {BASE}


def test_the_serving_image_takes_nothing_from_training() -> None:
    """No stage behind `serve` is one that installs torch."""
    assert not [name for name in reached("serve") if "torch" in " ".join(STAGES[name].all("RUN"))]


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_has_no_package_installer_of_its_own(image: str) -> None:
    """What ends up in an image was installed in another stage, so that no cache and no build tool comes along."""
    assert not [
        words for stage in lineage(image) for words in stage.all("RUN") if re.search(r"\b(pip|apt-get)\b", words)
    ]


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_runs_as_a_number_that_is_not_root(image: str) -> None:
    """`runAsNonRoot` wants a number to be sure."""
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last(image, "USER"))


@pytest.mark.parametrize("image", IMAGES)
def test_the_user_owns_the_checkpoints(image: str) -> None:
    """A new named volume takes its owner from the image, and either image may be the first to mount it."""
    user, group = last(image, "USER").split(":")
    made = f"--owner={user} --group={group} {environment(image)[f'{PREFIX}CHECKPOINTS']}"
    assert any(words.endswith(made) for stage in lineage(image) for words in stage.all("RUN"))


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("instruction", ["ENTRYPOINT", "CMD"])
def test_commands_are_in_exec_form(image: str, instruction: str) -> None:
    """No shell stands between a signal and the process."""
    assert all(isinstance(word, str) for word in json.loads(last(image, instruction)))


def test_the_health_check_asks_healthz_in_exec_form() -> None:
    """The image's own Python asks: there is neither curl nor a need for a shell."""
    program, *arguments = json.loads(last("serve", "HEALTHCHECK").partition(" CMD ")[2])
    assert program == "python"
    assert "/healthz" in arguments[-1]


@pytest.mark.parametrize(
    "path", sorted({p for s in STAGES.values() for origin, ps in s.copies if not origin for p in ps})
)
def test_what_is_copied_is_there(path: str) -> None:
    """Every source of a COPY is in the checkout and is not kept from the build."""
    assert (ROOT / path).exists()
    assert not ignored(path)
    assert not ignored(f"{path}/deep/file.py")


@pytest.mark.parametrize(
    "path", [".git/config", ".env", ".venv/bin/python", "checkpoints/a/CURRENT", "app/__pycache__/a.pyc"]
)
def test_what_is_not_copied_is_kept_from_the_build(path: str) -> None:
    """Secrets, data and the leftovers of this machine do not reach the builder."""
    assert ignored(path)


@pytest.mark.parametrize("stage", ["serve-dependencies", "train-dependencies"])
def test_a_change_of_code_installs_no_dependency_again(stage: str) -> None:
    """The layers of dependencies see the lists of requirements and nothing else."""
    seen = {path for ancestor in lineage(stage) for _, paths in ancestor.copies for path in paths}
    assert seen <= {"constraints.txt", "/lists/serve.txt", "/lists/train.txt"}


@pytest.mark.parametrize(
    "words", [w for s in STAGES.values() for w in s.all("RUN") if "pip" in w and "install" in w.split()]
)
def test_every_installation_is_constrained(words: str) -> None:
    """Nothing is installed in another version than the one that was tested."""
    assert words.startswith("pip install --constraint constraints.txt ")


def test_the_lists_of_requirements_exist() -> None:
    """The extras that the Dockerfile installs are those of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = re.findall(r"extras\['(\w+)'\]", DOCKERFILE)
    assert wanted == ["train", "demo"]
    assert set(wanted) <= project["optional-dependencies"].keys()


@pytest.mark.parametrize("name", sorted(set(re.findall(rf"{PREFIX}\w+", DOCKERFILE + COMPOSE))))
def test_every_variable_is_a_setting(name: str) -> None:
    """A misspelt variable would be ignored without a word."""
    assert name.removeprefix(PREFIX).lower() in Settings.model_fields


def test_one_port_is_meant_everywhere() -> None:
    """The service listens where the image exposes and compose publishes."""
    port = environment("serve")[f"{PREFIX}PORT"]
    assert last("serve", "EXPOSE") == port
    assert service("api", "ports") == f'- "${{PORT:-{port}}}:{port}"'


@pytest.mark.parametrize(("name", "target"), [("api", "serve"), ("train", "train")])
def test_a_service_builds_its_own_stage(name: str, target: str) -> None:
    """The api never runs the image with torch."""
    assert under(service(name, "build"), "target") == target
    assert target in STAGES


@pytest.mark.parametrize(("name", "mode"), [("api", ":ro"), ("train", "")])
def test_only_training_may_write_checkpoints(name: str, mode: str) -> None:
    """Both mount the same named volume where the image looks for checkpoints; the api read-only."""
    assert service(name, "volumes") == f"- checkpoints:{environment('serve')[f'{PREFIX}CHECKPOINTS']}{mode}"
    assert under(under(COMPOSE, "volumes"), "checkpoints") == ""


def test_training_is_behind_a_profile() -> None:
    """`docker compose up` starts the api alone."""
    assert service("train", "profiles") == "[train]"


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize(
    ("key", "value"),
    [("read_only", "true"), ("cap_drop", "- ALL"), ("security_opt", "- no-new-privileges:true"), ("tmpfs", "- /tmp")],
)
def test_a_service_is_confined(name: str, key: str, value: str) -> None:
    """Read-only root, no capability, no new privilege, one scratch directory in memory."""
    assert service(name, key) == value


def test_compose_waits_for_the_drain() -> None:
    """Requests in flight get their time before the engine kills the process."""
    assert int(service("api", "stop_grace_period").removesuffix("s")) > Settings.model_fields["drain_seconds"].default
