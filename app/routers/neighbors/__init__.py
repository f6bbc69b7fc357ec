"""Predicted neighbours."""
