"""Tests of `models.comparison`."""
