"""Training: `protocol` reads as the protocol (split, fit, select, test, refit); everything beside it is one step of it."""
