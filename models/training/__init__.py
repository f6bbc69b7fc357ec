"""The steps of a training; `protocol` calls them in order: split, fit, select, test, refit."""
