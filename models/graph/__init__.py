"""Graphs in memory: nodes with ids, undirected edges, features; without torch or scipy."""
