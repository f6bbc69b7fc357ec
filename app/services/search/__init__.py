"""The search for neighbours: scans, the selection of the best, and searches that arrive together."""
