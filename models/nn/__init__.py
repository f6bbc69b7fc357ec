"""Torch modules: encoders, decoders, ensembles, losses, sparse products and Adam."""
