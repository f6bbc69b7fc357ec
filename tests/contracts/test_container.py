"""The Dockerfile and the compose file keep what docs/how-to/deploy-with-docker.md promises; checked without an engine."""

import json
import re
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import pytest
import yaml

from latentlink.app.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]  # foreign data: what the compose format allows
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
IMAGES = ("serve", "train")


class Stage(NamedTuple):
    """One `FROM` and its steps, as pairs of an instruction and its words."""

    parent: str
    steps: list[tuple[str, str]]

    def all(self, instruction: str) -> list[str]:
        """The words of every such instruction, in order."""
        return [words for found, words in self.steps if found == instruction]

    @property
    def copies(self) -> list[tuple[str | None, list[str]]]:
        """For every `COPY`, the stage it copies from (None: the checkout) and the sources."""
        found = [re.fullmatch(r"(?:--from=(\S+) )?(.*) \S+", words) for words in self.all("COPY")]
        return [(match[1], match[2].split()) for match in found if match]


def read_stages(text: str) -> dict[str, Stage]:
    """The stages of a Dockerfile by name, in order."""
    stages: dict[str, Stage] = {}
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", "").splitlines():
        instruction, words = line.split(maxsplit=1)
        if instruction == "FROM":
            parent, _, name = words.split()
            stage = stages[name] = Stage(parent, [])
        else:
            stage.steps.append((instruction, words))
    return stages


STAGES = read_stages(DOCKERFILE)
COPIED = sorted({path for stage in STAGES.values() for origin, paths in stage.copies if not origin for path in paths})
INSTALLATIONS = [words for stage in STAGES.values() for words in stage.all("RUN") if "pip install" in words]


def lineage(name: str) -> list[Stage]:
    """A stage after all those that it starts from."""
    return [*lineage(STAGES[name].parent), STAGES[name]] if name in STAGES else []


def contents(name: str) -> list[Stage]:
    """Every stage that a file of this one can come from."""
    origins = [origin for stage in lineage(name) for origin, _ in stage.copies if origin]
    return [*lineage(name), *(stage for origin in origins for stage in contents(origin))]


def steps(name: str, instruction: str) -> list[str]:
    """The words of an instruction in a stage and those that it starts from; the last one holds."""
    return [words for stage in lineage(name) for words in stage.all(instruction)]


def environment(name: str) -> dict[str, str]:
    """The environment variables of a stage."""
    return dict(pair.split("=", 1) for words in steps(name, "ENV") for pair in words.split())


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path of the checkout from the build; the last pattern that matches decides."""
    verdict = False
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        if pattern := line.partition("#")[0].strip():
            tried = [PurePosixPath(path), *PurePosixPath(path).parents]
            matched = any(fnmatchcase(str(part), pattern.removeprefix("!")) for part in tried)
            verdict = not pattern.startswith("!") if matched else verdict
    return verdict


def test_the_default_image_serves() -> None:
    """A build without a target makes the last stage, which is `serve`."""
    assert [*STAGES][-1] == "serve"


def test_all_stages_share_one_base() -> None:
    """The environment is built by the interpreter that runs it: no stage starts from another image."""
    assert {stage.parent for stage in STAGES.values() if stage.parent not in STAGES} == {"python:3.11-slim"}


def test_the_serving_image_takes_nothing_from_training() -> None:
    """No stage behind `serve` is one that installs torch."""
    assert not [words for stage in contents("serve") for words in stage.all("RUN") if "torch" in words]


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_installs_nothing_itself(image: str) -> None:
    """Packages are installed in other stages, so that no cache and no build tool remains in an image."""
    assert not [words for words in steps(image, "RUN") if re.search(r"\b(pip|apt-get)\b", words)]


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_runs_as_a_number_that_is_not_root(image: str) -> None:
    """Kubernetes' `runAsNonRoot` accepts numbers only."""
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", steps(image, "USER")[-1])


@pytest.mark.parametrize("image", IMAGES)
def test_the_user_owns_the_checkpoints(image: str) -> None:
    """A new named volume takes its owner from the image, and either image may be the first to mount it."""
    user, group = steps(image, "USER")[-1].split(":")
    made = f"--owner={user} --group={group} {environment(image)[f'{PREFIX}CHECKPOINTS']}"
    assert any(words.endswith(made) for words in steps(image, "RUN"))


@pytest.mark.parametrize("image", IMAGES)
def test_commands_are_in_exec_form(image: str) -> None:
    """No shell stands between a signal and the process."""
    commands = [json.loads(steps(image, instruction)[-1]) for instruction in ("ENTRYPOINT", "CMD")]
    assert all(isinstance(word, str) for command in commands for word in command)


def test_the_health_check_asks_healthz_in_exec_form() -> None:
    """The image's own Python asks: it has no curl."""
    program, *arguments = json.loads(steps("serve", "HEALTHCHECK")[-1].partition(" CMD ")[2])
    assert program == "python"
    assert "/healthz" in arguments[-1]


@pytest.mark.parametrize("path", COPIED)
def test_every_copied_path_exists(path: str) -> None:
    """Every source of a COPY is in the checkout and is not kept from the build."""
    assert (ROOT / path).exists()
    assert not ignored(path)
    assert not ignored(f"{path}/deep/file.py")


def test_the_folders_behind_the_links_are_copied() -> None:
    """The installed package links to app/ and models/; without them the image would hold dead links."""
    links = {path.resolve() for path in (ROOT / "latentlink").iterdir() if path.is_symlink()}
    assert links
    assert links <= {ROOT / path for path in COPIED}


@pytest.mark.parametrize(
    "path", [".git/config", ".env", ".venv/bin/python", "checkpoints/a/CURRENT", "app/__pycache__/a.pyc"]
)
def test_other_paths_are_kept_from_the_build(path: str) -> None:
    """Secrets, data and the caches of this machine do not reach the builder."""
    assert ignored(path)


@pytest.mark.parametrize("stage", ["serve-dependencies", "train-dependencies"])
def test_a_change_of_code_installs_no_dependency_again(stage: str) -> None:
    """The layers of dependencies see the lists of requirements and nothing else."""
    seen = {path for ancestor in lineage(stage) for _, paths in ancestor.copies for path in paths}
    assert seen <= {"constraints.txt", "/lists/serve.txt", "/lists/train.txt"}


@pytest.mark.parametrize("words", INSTALLATIONS)
def test_every_installation_is_constrained(words: str) -> None:
    """Nothing is installed in another version than the one that was tested."""
    assert words.startswith("pip install --constraint constraints.txt ")


def test_the_lists_of_requirements_exist() -> None:
    """The extras that the Dockerfile installs are those of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = re.findall(r"extras\['(\w+)'\]", DOCKERFILE)
    assert wanted == ["serve", "remote", "train", "demo"]
    assert set(wanted) <= project["optional-dependencies"].keys()


@pytest.mark.parametrize("name", sorted(set(re.findall(rf"{PREFIX}\w+", f"{DOCKERFILE} {COMPOSE}"))))
def test_every_variable_is_a_setting(name: str) -> None:
    """The service refuses to start with a misspelt variable."""
    assert name.removeprefix(PREFIX).lower() in Settings.model_fields


def test_one_port_is_meant_everywhere() -> None:
    """The service listens where the image exposes and compose publishes."""
    port = environment("serve")[f"{PREFIX}PORT"]
    assert steps("serve", "EXPOSE") == [port]
    assert SERVICES["api"]["ports"] == [f"${{PORT:-{port}}}:{port}"]


@pytest.mark.parametrize(("name", "target"), [("api", "serve"), ("train", "train")])
def test_a_service_builds_its_own_stage(name: str, target: str) -> None:
    """The api never runs the image with torch."""
    assert SERVICES[name]["build"]["target"] == target
    assert target in STAGES


@pytest.mark.parametrize(("name", "mode"), [("api", ":ro"), ("train", "")])
def test_only_training_may_write_checkpoints(name: str, mode: str) -> None:
    """Both mount the same named volume where the image looks for checkpoints; the api read-only."""
    assert SERVICES[name]["volumes"] == [f"checkpoints:{environment('serve')[f'{PREFIX}CHECKPOINTS']}{mode}"]
    assert COMPOSE["volumes"] == {"checkpoints": None}


def test_compose_starts_the_api_alone() -> None:
    """Training is behind a profile."""
    assert [name for name, service in SERVICES.items() if not service.get("profiles")] == ["api"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined(name: str) -> None:
    """Read-only root, no capability, no new privilege; the one scratch directory is in memory."""
    confined = {
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "tmpfs": ["/tmp"],
    }
    assert {key: SERVICES[name].get(key) for key in confined} == confined


def test_compose_waits_for_the_drain() -> None:
    """Requests in flight get their time before the engine kills the process."""
    assert int(SERVICES["api"]["stop_grace_period"].removesuffix("s")) > Settings.model_fields["drain_seconds"].default
