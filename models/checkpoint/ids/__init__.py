"""Ids: the table of rows and ids, its hash index, and searches by a prefix, by any part and by similarity."""
