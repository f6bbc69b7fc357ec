"""Tests of `latentlink.local`."""
