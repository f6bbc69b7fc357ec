"""Everything that the reference is generated from: the only module here that names modules of the project."""

from latentlink import Client
from latentlink.app.cli.commands import command_line
from latentlink.app.http.problems import PROBLEMS, Problem
from latentlink.app.main import create_app
from latentlink.app.metrics import Metrics
from latentlink.app.settings import PREFIX, Settings
from latentlink.client.questions import Ends, OfType, Scored, Search, Searched, Together, Which
from latentlink.models.checkpoint.manifest import Manifest
from latentlink.models.config import RECIPES, TrainingConfig

__all__ = [
    "PREFIX",
    "RECIPES",
    "Client",
    "Ends",
    "Manifest",
    "Metrics",
    "OfType",
    "Problem",
    "Scored",
    "Search",
    "Searched",
    "Settings",
    "Together",
    "TrainingConfig",
    "Which",
    "command_line",
    "create_app",
    "problem_table",
]


def problem_table() -> list[Problem]:
    """Every kind of problem, in order of status and slug."""
    return sorted(PROBLEMS.values(), key=lambda problem: (problem.status, problem.slug))
