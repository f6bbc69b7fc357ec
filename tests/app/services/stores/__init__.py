"""Tests of the models that are open."""
