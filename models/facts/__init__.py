"""Typed facts about a model, as the manifest, the model card and the service report them."""
