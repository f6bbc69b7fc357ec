"""Answers from a checkpoint's arrays: scores, intervals, calibration, search, numpy encoders; without torch or scipy."""
