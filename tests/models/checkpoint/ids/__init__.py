"""Tests of `models.checkpoint.ids`."""
