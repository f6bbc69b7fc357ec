"""Explanations of a logit: what a side of it is, and the ways to explain one, by the encoder."""
