"""Routes of many rows whose bodies are Arrow: they are read, looked up and answered block by block."""
