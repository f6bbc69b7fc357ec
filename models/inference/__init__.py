"""Inference from the arrays of a checkpoint, without torch or scipy: scores, intervals, calibration, search, numpy encoders."""
