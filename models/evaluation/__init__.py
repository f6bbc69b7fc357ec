"""How good a model is: splits, metrics, heuristics, calibration and what stands in the model card."""
