"""Tests of the routes of whole-graph lists."""
