"""The data plane: which models are loaded, and what they say of nodes and pairs; knows no HTTP."""
