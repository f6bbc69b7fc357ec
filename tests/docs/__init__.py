"""Tests that run what the documentation shows and compare what it says with the code."""
