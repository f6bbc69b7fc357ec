"""Training of graphs with relations: a model of triples, its objective, and the odds that its logits become."""
