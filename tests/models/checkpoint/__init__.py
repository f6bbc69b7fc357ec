"""Tests of `models.checkpoint`."""
