"""Everything that the reference is generated from: the only module here that names modules of the project."""

from typing import NamedTuple

from latentlink import Client
from latentlink.app.cli.commands import command_line
from latentlink.app.http.problems import HTTP_PROBLEMS, INTERNAL, PROBLEMS
from latentlink.app.main import create_app
from latentlink.app.metrics import Metrics
from latentlink.app.reference.problem_texts import MEANINGS
from latentlink.app.settings import PREFIX, Settings
from latentlink.client.questions import More, Search, Together
from latentlink.models.checkpoint.manifest import Manifest
from latentlink.models.config import RECIPES, TrainingConfig

__all__ = [
    "PREFIX",
    "RECIPES",
    "Client",
    "Manifest",
    "Metrics",
    "More",
    "Search",
    "Settings",
    "Together",
    "TrainingConfig",
    "command_line",
    "create_app",
    "problem_table",
]


class ProblemText(NamedTuple):
    """A kind of problem with its texts, as the service shows them at `/problems/{slug}`."""

    status: int
    slug: str
    title: str
    means: str
    advice: str
    detail: str


def problem_table() -> list[ProblemText]:
    """Every kind of problem, in order of status and slug."""
    kinds = {*PROBLEMS.values(), *HTTP_PROBLEMS.values(), INTERNAL}
    return sorted(ProblemText(*kind, *MEANINGS[kind.slug][:3]) for kind in kinds)
