"""`latentlink predict`: the most likely missing links of a graph, or the scores of given pairs, in a file."""
