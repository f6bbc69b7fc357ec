"""New nodes: the route, what of a request it reads, and its bounds."""
