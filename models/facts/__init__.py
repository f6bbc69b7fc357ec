"""Facts with types: everything that a manifest, a model card and an answer of the service report about a model."""
