"""Tests of the installed name and of what it exports."""
