"""The FastAPI service and the `latentlink` command; serving never reaches torch, not even indirectly."""
