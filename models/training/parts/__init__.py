"""Parts of a logit: the terms that it can be a weighted sum of, their weights, and the choice among them on validation."""
