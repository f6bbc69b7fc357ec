"""Tests of `app.services.shadows`."""
