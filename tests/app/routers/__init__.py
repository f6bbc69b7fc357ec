"""Tests of `app.routers`, over HTTP."""
