"""Tests of the plan of a training."""
