"""Candidates: versions that are asked what the served ones were asked, to see how they differ before they are served."""
