"""Two checkpoints side by side: metrics, lists of neighbours, probabilities, nodes and links; without torch."""
