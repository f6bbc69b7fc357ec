"""Promises of the project, held over everything that could break them."""
