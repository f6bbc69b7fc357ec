"""Golden checkpoints with their answers, and what recorded them."""
