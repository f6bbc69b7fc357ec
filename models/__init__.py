"""The learning side: from a graph to a checkpoint.

`errors`, `graph`, `scoring`, `splits`, `sampling`, `threads`, `config` and `checkpoint` need no torch, so the
service may import them; `encoders`, `autoencoders`, `losses`, `metrics`, `training` and `export` are for the extra `train`.
"""
