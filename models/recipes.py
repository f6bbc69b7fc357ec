"""The defaults of each encoder, and the encoders of each model."""

from collections.abc import Mapping

_PLAIN: Mapping[str, object] = {
    "parts": "dense",
    "dim": 16,
    "epochs": 200,
    "hops": 1,
    "edge_masking": 0.0,
    "feature_dropout": 0.0,
    "node_embeddings": "off",
    "evaluate_every": 1,
    "patience": None,
}

# The defaults of each encoder. `gcn` is the paper's, with the weight decay that its authors give graph
# convolutions elsewhere (Kipf & Welling 2017, 1609.02907): without it 46,000 weights memorize 4,000 edges. `normalized` won
# on validation over the graphs of docs/LOG.md; `linear` is that of Salha et al. 2020; `mlp` passes
# benchmarks/features.py. `lookup` has the optimizer of Lacroix et al. 2018, and a width and a penalty that were good on the
# validation triples of both graphs of benchmarks/quality.py.
RECIPES: Mapping[str, Mapping[str, object]] = {
    "gcn": {**_PLAIN, "hops": 2, "weight_decay": 5e-4},
    "linear": _PLAIN,
    "normalized": {
        "parts": "auto",
        "dim": 256,
        "epochs": 400,
        "hops": 2,
        "edge_masking": 0.8,
        "feature_dropout": 0.8,
        "node_embeddings": "auto",
        "evaluate_every": 5,
        "patience": 150,
    },
    "mlp": {**_PLAIN, "model": "vae", "hidden": 64, "patience": 20},
    "lookup": {
        **_PLAIN,
        "model": "complex",
        "dim": 256,
        "epochs": 100,
        "learning_rate": 0.1,
        "weight_decay": 0.02,
        "evaluate_every": 5,
        "patience": 30,
    },
}
ENCODERS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("gae", "vgae"), ("normalized", "linear", "gcn")),
    **dict.fromkeys(("ae", "vae"), ("mlp",)),
    "complex": ("lookup",),
}
