"""Tests of the search for the best missing links."""
