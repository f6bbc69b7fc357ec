"""Everything that the reference is generated from: the only module here that names modules of the project."""

from app.cli.commands import command_line
from app.main import create_app
from app.meanings import MEANINGS
from app.metrics import Metrics
from app.problems import HTTP_PROBLEMS, INTERNAL, PROBLEMS
from app.settings import PREFIX, Settings
from latentlink.client import Client
from latentlink.questions import More, Search, Together
from models.checkpoint.manifest import Manifest
from models.config import RECIPES, TrainingConfig

__all__ = [
    "HTTP_PROBLEMS",
    "INTERNAL",
    "MEANINGS",
    "PREFIX",
    "PROBLEMS",
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
]
