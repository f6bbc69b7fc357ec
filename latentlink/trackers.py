"""Trackers of trainings, `LinkPredictor.fit(graph, trackers=[...])`; any object with the methods of `Tracker` is one."""

from latentlink.models.training.tensorboard import TensorBoard
from latentlink.models.training.trackers import Tracker

__all__ = ["TensorBoard", "Tracker"]
