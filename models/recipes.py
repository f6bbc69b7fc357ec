"""The defaults of each encoder, and the encoders of each model."""

from collections.abc import Mapping
from pathlib import Path

PYG = ("GCNConv", "SAGEConv", "GATConv", "GATv2Conv", "GINConv", "TransformerConv", "LGConv")
"""Convolutions of PyTorch Geometric of which `pyg:NAME` is an encoder."""
MODULE = "pyg:GATConv"
"""A torch module; all of them have its recipe."""
GIVEN = "given"
"""The encoder of a model whose vectors were made elsewhere."""
BIASED = "gcn_bias"
"""A `gcn` with biases that was trained elsewhere; readers that do not know the name would leave out the biases."""
MADE_ELSEWHERE: Mapping[str, str] = {GIVEN: "vectors", BIASED: "weights"}
"""Encoders that nothing is trained for, and what was given."""

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
    MODULE: {
        **_PLAIN,
        "model": "gae",
        "parts": "auto",
        "dim": 64,
        "hidden": 128,
        "edge_masking": 0.5,
        "evaluate_every": 5,
    },
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
    "gae": ("normalized", "linear", "gcn", "pyg:NAME", "FILE.py:CLASS"),
    "vgae": ("normalized", "linear", "gcn"),
    **dict.fromkeys(("ae", "vae"), ("mlp",)),
    "complex": ("lookup",),
}


def is_module(encoder: str) -> bool:
    """Whether the text names a torch module, `pyg:NAME`, `FILE.py:CLASS` or `MODULE:CLASS`, and no encoder of Latentlink."""
    return ":" in encoder


def fitting_encoder(encoder: str, model: str) -> str | None:
    """What an error expects in the place of an encoder that a model can't have; None for one that it can have."""
    source, _, name = encoder.rpartition(":")
    *most, last = ENCODERS[model]
    fitting = " or ".join(filter(None, (", ".join(most), last)))
    if is_module(encoder) and model != "gae":
        return f"{fitting} for {model}, or --model gae for a torch module"
    if source == "pyg":
        return None if name in PYG else f"one of {', '.join(PYG)} after pyg:"
    named = bool(source) and all(part.isidentifier() for part in name.split("."))
    fits = (
        named
        if is_module(encoder)
        else encoder in ENCODERS[model] or (encoder in MADE_ELSEWHERE and model in ("gae", "vgae"))
    )
    hint = f", or pyg:{encoder} for gae" if encoder in PYG else ""
    return None if fits else f"{fitting} for {model}{hint}"


def code_file(encoder: str) -> Path | None:
    """The file of `FILE.py:CLASS`; None for any other encoder."""
    source, _, _ = encoder.rpartition(":")
    return Path(source) if source.endswith(".py") else None
