"""The formula of the page on sizing, held to tensors."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks._service import name, random_links
from latentlink.models.checkpoint import encode_nodes
from latentlink.models.evaluation.strata import components
from latentlink.models.graph.graph import adjacency
from latentlink.models.inference.ivf import INDEXED_FROM, make_index
from latentlink.models.inference.link_decoder import LinkDecoder
from tests.docs.pages import DOCS, steps

N, D = 5_000, 12  # nodes enough for as many clusters as the formula has


def _formula(source: str) -> Callable[[int, int, int], dict[str, float]]:
    names: dict[str, Any] = {}
    exec(source.partition("\nprint(")[0], names)
    found: Callable[[int, int, int], dict[str, float]] = names["checkpoint"]
    return found


def test_the_formula_has_the_bytes_of_the_tensors() -> None:
    """Of vectors, ids of 12 bytes, the graph and the index, but for the last entries of offsets."""
    source = steps(DOCS / "reference/sizing.md")[0].source
    threshold = f"{INDEXED_FROM:_}"
    assert source.count(threshold) == 1
    random = np.random.default_rng(0)
    mu, links = random.normal(0, 1, (N, D)).astype(np.float32), random_links(N, 10, random)
    known = adjacency(N, links)
    index, _ = make_index(LinkDecoder(mu), known, random)
    indices = known.indices.astype(np.int32)
    bytes_of = {
        "vectors": mu.nbytes,
        "ids": sum(tensor.nbytes for tensor in encode_nodes([name(row) for row in range(N)]).values()),
        "graph": known.indptr.nbytes + indices.nbytes + components(known).nbytes,
        "index": index.centroids.nbytes + index.starts.nbytes + index.rows.nbytes + index.vectors.nbytes,
    }
    computed = _formula(source.replace(threshold, str(N)))(N, D, len(links))
    assert {part: abs(size - computed[part]) <= 16 for part, size in bytes_of.items()} == dict.fromkeys(bytes_of, True)
    assert _formula(source)(N, D, len(links))["index"] == 0
