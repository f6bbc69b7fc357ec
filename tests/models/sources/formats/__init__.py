"""Tests of `models.sources.formats`."""
