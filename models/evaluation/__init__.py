"""How good a model is: splits, metrics, heuristics, calibration and thresholds."""
