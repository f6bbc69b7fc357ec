"""Trainers: full batches, sampled neighbourhoods, and features without a graph."""
