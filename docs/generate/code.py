"""Everything that the reference is generated from: the only module here that names modules of the project."""

from pydantic import BaseModel

from latentlink import (
    Client,
    LinkPredictor,
    Model,
    Split,
    Study,
    evaluate,
    load,
    publish_state_dict,
    publish_vectors,
    tune,
)
from latentlink.app.cli.commands import command_line
from latentlink.app.http.problems import PROBLEMS, Problem
from latentlink.app.main import create_app
from latentlink.app.metrics import Metrics
from latentlink.app.schemas.requests import EmbeddingsRequest, NeighborsRequest, ScoresRequest
from latentlink.app.schemas.unseen import UnseenRequest
from latentlink.app.settings import PREFIX, Settings
from latentlink.client import options
from latentlink.models.checkpoint.manifest import Manifest
from latentlink.models.config import TrainingConfig
from latentlink.models.file_formats import FILE_FORMATS
from latentlink.models.recipes import RECIPES
from latentlink.trackers import MLflow, TensorBoard, Tracker

__all__ = [
    "FILE_FORMATS",
    "OPTIONS",
    "PREFIX",
    "PYTHON",
    "RECIPES",
    "Client",
    "Manifest",
    "Metrics",
    "Problem",
    "Settings",
    "TrainingConfig",
    "command_line",
    "create_app",
    "problem_table",
]

OPTIONS: dict[type, type[BaseModel]] = {
    options.NodeOptions: NeighborsRequest,
    options.PairTypes: ScoresRequest,
    options.ScoreOptions: ScoresRequest,
    options.ScoresOptions: ScoresRequest,
    options.SearchOptions: NeighborsRequest,
    options.NewNodeOptions: UnseenRequest,
    options.NewNodesOptions: UnseenRequest,
    options.VectorOptions: EmbeddingsRequest,
}
"""The keyword arguments of the client's methods, each with the body that has them as fields."""

PYTHON: dict[str, object] = {
    "load": load,
    "Model": Model,
    "LinkPredictor": LinkPredictor,
    "evaluate": evaluate,
    "publish_vectors": publish_vectors,
    "publish_state_dict": publish_state_dict,
    "Split": Split,
    "tune": tune,
    "Study": Study,
    "trackers.Tracker": Tracker,
    "trackers.TensorBoard": TensorBoard,
    "trackers.MLflow": MLflow,
}
"""What `latentlink` has beside the client."""


def problem_table() -> list[Problem]:
    """Every kind of problem, in order of status and slug."""
    return sorted(PROBLEMS.values(), key=lambda problem: (problem.status, problem.slug))
