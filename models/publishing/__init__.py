"""From a trained model to a published checkpoint: files, index, map, charts and the model card."""
