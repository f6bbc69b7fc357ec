"""Commands on checkpoints that exist: to list, move, compare and copy them."""
