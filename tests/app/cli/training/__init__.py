"""Tests of `app.cli.training`."""
