"""Tests of `models.training.trainers`."""
