"""What `info`, `models` and `thresholds` tell of a model, as typed dictionaries."""
