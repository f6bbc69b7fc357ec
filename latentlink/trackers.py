"""Trackers of trainings, `LinkPredictor.fit(graph, trackers=[...])`; any object with the methods of `Tracker` is one."""

from latentlink.models.training.trackers import Tracker
from latentlink.models.training.trackers.mlflow import MLflow
from latentlink.models.training.trackers.tensorboard import TensorBoard

__all__ = ["MLflow", "TensorBoard", "Tracker"]
