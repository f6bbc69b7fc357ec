"""The most likely missing links of a whole graph: those that the checkpoint carries, and longer lists as jobs."""
