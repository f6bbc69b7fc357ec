"""New nodes, as the service answers for them."""
