"""From a graph to a checkpoint, in packages that only import downwards.

Without torch, for the service: `graph`, `inference`, `checkpoint`. For the extra `train`: `sources`, `evaluation`, `nn`,
`training`, `publishing`.
"""
