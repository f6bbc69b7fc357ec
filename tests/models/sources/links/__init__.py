"""Graphs of objects in memory."""
