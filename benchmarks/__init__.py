"""One script a claim; each prints a ratio against a named peer in the same run and exits 1 if its target is missed."""
