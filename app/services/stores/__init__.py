"""The models that are open: found on disk, verified, and swapped by one reference."""
