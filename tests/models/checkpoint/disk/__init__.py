"""Tests of `models.checkpoint.disk`."""
