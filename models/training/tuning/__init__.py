"""Tuning: trainings with other hyperparameters, compared on validation alone."""
