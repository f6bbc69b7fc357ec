"""Tests of lists of missing links."""
