"""Probabilities of links: calibration, cut-offs, reliability, and the coverage of intervals."""
