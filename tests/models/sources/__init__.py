"""Tests of `models.sources`."""
