"""The Python API without a service: models of a store are loaded, trained and published in this process."""
