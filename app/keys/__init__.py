"""API keys: who asks, for what, and how often; from settings, and from a file that is followed as it changes."""
