"""Evaluation of links with relations: each relation is a directed graph, so that it is split, ranked and calibrated as one.

A triple is (source, target, relation), int64. Where its relation is given, it is a pair of a source's role and a target's role
(`latentlink.models.graph.roles`).
"""
