"""The parts of `docs/reference/` that the code knows best, written from the code: `python -m docs.generate`."""
