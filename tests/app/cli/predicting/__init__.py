"""Tests of `app.cli.predicting`."""
