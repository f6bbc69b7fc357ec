"""Edge probabilities of pairs."""
