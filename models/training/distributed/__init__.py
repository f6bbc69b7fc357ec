"""Training by several processes: rank 0 runs the protocol, and the other ranks do each sampled step with it."""
