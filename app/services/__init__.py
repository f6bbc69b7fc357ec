"""The data plane, independent of HTTP: loaded models, scores, searches, explanations and new nodes."""
