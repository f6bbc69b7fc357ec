"""The most likely missing links of a whole graph: exact, in memory of a few blocks, and resumable.

`search` looks at pairs of blocks of nodes, those first whose logits may be the highest, and ends where no pair can be among
the best any more; `two_hops` looks at the pairs that shared links lift; `sides` bounds logits, `pair_classes` says which pairs
are searched, and `best` keeps the best of them.
"""
