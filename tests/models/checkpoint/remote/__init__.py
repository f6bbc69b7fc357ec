"""Checkpoints in object storage."""
