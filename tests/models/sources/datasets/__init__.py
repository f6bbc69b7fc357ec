"""Tests of `models.sources.datasets`."""
