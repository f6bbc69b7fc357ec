"""Tests of the typed facts."""
