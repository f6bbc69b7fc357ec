"""The numpy encoders return the embeddings of the torch encoders."""

import copy
from typing import Any

import numpy as np
import pytest
import torch

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import adjacency
from latentlink.models.inference.encoders import (
    GraphEncoder,
    NewNodeGroup,
    NumpyGCN,
    NumpyPropagation,
    embed_new_nodes,
    make_numpy_encoder,
    products,
)
from latentlink.models.inference.encoders.khop import KHop
from latentlink.models.inference.scoring import pair_logits
from latentlink.models.nn.encoders import make_encoder
from latentlink.models.training.adjacency import Propagation
from latentlink.models.training.inputs import Inputs

N, F = 30, 9
LAYOUTS = ["none", "dense", "sparse"]


class Made:
    """A random graph with an encoder of random weights, in both implementations."""

    def __init__(self, seed: int, layout: str, *, weighted: bool = False, rows: bool = False, **config: Any) -> None:
        random = np.random.default_rng(seed)
        edges = np.unique(np.sort(random.integers(0, N, (45, 2))), axis=0)
        self.edges = edges[edges[:, 0] != edges[:, 1]]
        weights = random.uniform(0.1, 3, len(self.edges)).astype(np.float32) if weighted else None
        x = np.where(random.random((N, F)) < 0.4, random.normal(0, 1, (N, F)), 0).astype(np.float32)
        x[7] = 0  # a row without a length
        self.features = {"none": None, "dense": x, "sparse": CSR.from_dense(x)}[layout]
        self.config = TrainingConfig.model_validate({"model": "gae", **config})
        generator = torch.Generator().manual_seed(seed)
        n_features = 0 if self.features is None else F
        self.link_weights = weights
        encoder = make_encoder(self.config, N, n_features, node_embeddings=rows, generator=generator)
        scale = getattr(encoder, "scale", None)
        if isinstance(scale, torch.nn.Parameter):
            scale.data = torch.linspace(1, 2, len(scale))
        self.encoder = encoder
        self.mu = embedded(encoder, self.features, Propagation(N, self.edges, weights))
        self.weights = {name: weight.detach().numpy() for name, weight in encoder.public_weights().items()}
        matrix = adjacency(N, self.edges, weights)
        self.khop = KHop(matrix.indptr, matrix.indices.astype(np.int32), matrix.data if weighted else None)
        self._matrix = matrix

    def weight_of(self, links: Int64) -> Float64:
        """The weight of each of some edges (c, 2)."""
        return self._matrix.to_dense()[links[:, 0], links[:, 1]].astype(np.float64)

    def numpy_encoder(self) -> GraphEncoder:
        """The numpy encoder."""
        c = self.config
        return make_numpy_encoder(c.encoder, self.weights, self.features, self.khop, dim=c.dim, hops=c.hops)

    def extended(self, new_nodes: NewNodeGroup) -> list[Float32]:
        """The heads (S, D) of new nodes by the torch encoder on the extended graph, without learned embeddings."""
        features, count = self.features, len(new_nodes.features)
        if features is not None:
            dense = features.to_dense() if isinstance(features, CSR) else features
            new = [np.zeros(F, np.float32) if x is None else x for x in new_nodes.features]
            features = np.concatenate([dense, np.stack(new)])
        encoder = copy.deepcopy(self.encoder)
        for name in ("rows", "hidden") if features is None else ("rows",):
            rows = getattr(encoder, name, None)
            if rows is not None:
                setattr(encoder, name, torch.nn.Parameter(torch.cat([rows, torch.zeros(count, rows.shape[1])])))
        known = np.ones(len(self.edges), np.float32) if self.link_weights is None else self.link_weights
        links = np.concatenate([known, new_nodes.weights.astype(np.float32)])
        propagation = Propagation(N + count, np.concatenate([self.edges, new_nodes.links]), links)
        with torch.no_grad():
            return [head[N:].numpy() for head in encoder(Inputs(features).whole, propagation.whole)]


def embedded(encoder: torch.nn.Module, features: Float32 | CSR | None, propagation: Propagation) -> Float32:
    """mu by torch."""
    with torch.no_grad():
        mu: Float32 = encoder(Inputs(features).whole, propagation.whole)[0].numpy()
    return mu


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("encoder", "hops", "dim", "rows"),
    [
        *(
            (*case, rows)
            for case in (("linear", 2, 5), ("normalized", 1, 4), ("normalized", 3, 2))
            for rows in (False, True)
        ),
        ("gcn", 2, 3, False),
    ],
)
def test_the_numpy_encoder_returns_the_embeddings_of_torch(
    encoder: str, hops: int, dim: int, rows: bool, layout: str, weighted: bool
) -> None:
    """With and without features, learned embeddings and weights, and with fewer columns than hops."""
    options = {"encoder": encoder, "hops": hops, "dim": dim, "hidden": 6}
    made = Made(hops + dim, layout, weighted=weighted, rows=rows, **options)
    numpy_encoder = made.numpy_encoder()
    ours = np.stack([numpy_encoder.embed(node) for node in range(N)])
    np.testing.assert_allclose(ours, made.mu, atol=1e-5)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("rows", [False, True])
def test_the_logit_is_the_sum_of_scaled_inner_products(layout: str, rows: bool) -> None:
    """Σ over nodes and blocks of coefficient · row scale · (x W + e) · z is zᵢᵀzⱼ."""
    made = Made(8, layout, rows=rows, encoder="normalized", hops=2, dim=6)
    numpy_encoder = made.numpy_encoder()
    assert isinstance(numpy_encoder, NumpyPropagation)
    pairs: Int64 = np.random.default_rng(0).integers(0, N, (50, 2))
    for (i, j), logit in zip(pairs.tolist(), pair_logits(made.mu, *pairs.T), strict=True):
        reached = numpy_encoder.neighborhood(i)
        of_features, own = numpy_encoder.against(reached.nodes, made.mu[j])
        parts = reached.coefficients * numpy_encoder.row_scales(reached.nodes) * (of_features + own)
        assert parts.sum() == pytest.approx(logit, abs=1e-5)


CASES = [("linear", 2, False), ("normalized", 2, False), ("normalized", 3, True), ("gcn", 2, False)]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("encoder", "hops", "rows"), CASES)
@pytest.mark.parametrize("n_neighbors", [0, 1, 6])
def test_a_new_node_is_embedded_on_the_extended_graph(
    encoder: str, hops: int, rows: bool, n_neighbors: int, layout: str, weighted: bool
) -> None:
    """The torch encoder on the graph with the new node, where all degrees have changed, returns the same."""
    made = Made(3, layout, weighted=weighted, rows=rows, encoder=encoder, hops=hops, dim=6, hidden=6)
    random = np.random.default_rng(n_neighbors)
    neighbors, weights = random.permutation(N)[:n_neighbors], random.uniform(0.3, 2, n_neighbors)
    x = random.normal(0, 1, F).astype(np.float32)
    new_node = NewNodeGroup.one(N, None if layout == "none" else x, neighbors, weights)
    [ours] = embed_new_nodes(made.numpy_encoder(), new_node)
    assert (ours.whole, ours.met.tolist(), ours.logvar) == (True, [0], None)
    np.testing.assert_allclose(ours.z, made.extended(new_node)[0][0], atol=1e-5)


def several(random: np.random.Generator, layout: str, count: int) -> NewNodeGroup:
    """New nodes with random links to known nodes and each other, one without features and one linked to new nodes alone."""
    known = np.stack([random.integers(0, N, 4 * count), N + random.integers(0, count - 1, 4 * count)], axis=1)
    among = np.stack(np.triu_indices(count, 1), axis=1)
    chosen = [*known.tolist(), *(N + among[random.random(len(among)) < 0.5]).tolist(), [N, N + count - 1]]
    links = np.unique(np.array(chosen), axis=0)
    features = [random.normal(0, 1, F).astype(np.float32) if at else None for at in range(count)]
    return NewNodeGroup([None] * count if layout == "none" else features, links, random.uniform(0.3, 2, len(links)))


@pytest.mark.parametrize("model", ["gae", "vgae"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("encoder", "hops", "rows"), CASES)
@pytest.mark.parametrize("seed", range(3))
def test_new_nodes_linked_to_each_other_extend_one_graph(
    encoder: str, hops: int, rows: bool, layout: str, seed: int, model: str
) -> None:
    """The torch encoder on the graph with all of them returns the same, to 1e-5; log σ² of a variational model, too."""
    options = {"encoder": encoder, "hops": hops, "dim": 6, "hidden": 6, "model": model}
    made = Made(seed, layout, weighted=bool(seed % 2), rows=rows, **options)
    for head in ("logvar", "logvar_bias"):
        if isinstance(getattr(made.encoder, head, None), torch.nn.Parameter):
            torch.nn.init.normal_(getattr(made.encoder, head), generator=torch.Generator().manual_seed(seed))
    new_nodes = several(np.random.default_rng(seed), layout, 5)
    ours, theirs = list(embed_new_nodes(made.numpy_encoder(), new_nodes)), made.extended(new_nodes)
    np.testing.assert_allclose([one.z for one in ours], theirs[0], atol=1e-5)
    second = [one.logvar for one in ours if one.logvar is not None]
    assert len(second) == (5 if model == "vgae" else 0)
    np.testing.assert_allclose(second, theirs[1] if second else [], atol=1e-5)


@pytest.mark.parametrize("encoder", ["linear", "normalized", "gcn"])
def test_new_nodes_within_the_hops_are_listed(encoder: str) -> None:
    """On a chain of new nodes and two hops, `met` holds those at distance 2 and none at distance 3."""
    made = Made(2, "dense", encoder=encoder, hops=2, dim=6, hidden=6)
    links = np.array([[3, N], *([N + at, N + at + 1] for at in range(4))])
    chain = NewNodeGroup([np.ones(F, np.float32)] * 5, links, np.ones(5))
    met = [one.met.tolist() for one in embed_new_nodes(made.numpy_encoder(), chain)]
    assert met == [[0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 3, 4], [1, 2, 3, 4], [2, 3, 4]]


@pytest.mark.parametrize("encoder", ["linear", "normalized"])
def test_a_hub_is_exact_within_the_bound_and_flagged_beyond(encoder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new node linked to a hub of all nodes: exact if the step may read the row of the hub, else not whole, and finite."""
    made = Made(1, "dense", encoder=encoder, hops=2, dim=6)
    hub = np.array([[0, other] for other in range(1, N)])
    made.edges = np.unique(np.concatenate([made.edges, hub]), axis=0)
    matrix = adjacency(N, made.edges)
    made.khop = KHop(matrix.indptr, matrix.indices, None)
    new_node = NewNodeGroup.one(N, np.ones(F, np.float32), np.array([0, 3]))
    [whole] = embed_new_nodes(made.numpy_encoder(), new_node)
    assert whole.whole
    np.testing.assert_allclose(whole.z, made.extended(new_node)[0][0], atol=1e-5)
    monkeypatch.setattr("latentlink.models.inference.encoders.khop.ENTRIES", N - 2)
    [cut] = embed_new_nodes(made.numpy_encoder(), new_node)
    assert not cut.whole
    assert np.isfinite(cut.z).all()
    assert np.abs(cut.z - whole.z).max() > 1e-3


def test_stored_hidden_states_would_not_embed_a_new_node() -> None:
    """The hidden states of its neighbours without the new node, with the right degrees, differ by far more than rounding."""
    made = Made(3, "dense", encoder="linear", hops=2, dim=6)
    assert isinstance(made.features, np.ndarray)
    x, neighbors = np.ones(F, np.float32), np.array([1, 4, 5])
    new_node = NewNodeGroup.one(N, x, neighbors)
    exact = made.extended(new_node)[0][0]
    weight = made.weights["linear.features.weight"]
    once = Propagation(N, made.edges).whole @ torch.from_numpy(made.features @ weight)
    states = np.concatenate([once.numpy()[neighbors], (x @ weight)[None]])
    degrees = np.append(made.khop.degrees(neighbors) + 1, 4)
    reused = (states / np.sqrt(4 * degrees)[:, None]).sum(axis=0)
    assert np.linalg.norm(reused - exact) > 0.1 * np.linalg.norm(exact)
    np.testing.assert_allclose(next(embed_new_nodes(made.numpy_encoder(), new_node)).z, exact, atol=1e-5)


@pytest.mark.parametrize("share", [0.02, 0.6])
def test_products_of_sparse_rows_are_those_of_dense_ones(share: float) -> None:
    """Whether few or many entries are stored, of chosen rows in any order, empty ones among them."""
    random = np.random.default_rng(0)
    x = np.where(random.random((50, 40)) < share, random.normal(0, 1, (50, 40)), 0).astype(np.float32)
    x[[0, 49]], matrix, rows = 0, random.normal(0, 1, (40, 3)).astype(np.float32), random.integers(0, 50, 70)
    np.testing.assert_allclose(products(CSR.from_dense(x), rows, matrix), x[rows] @ matrix, atol=1e-5)
    np.testing.assert_allclose(products(x, rows, matrix), x[rows] @ matrix, atol=1e-5)


def test_weights_that_do_not_fit_are_refused() -> None:
    """A width that is not the features', and a scale that is missing."""
    made = Made(1, "dense", encoder="normalized", hops=2, dim=6)
    with pytest.raises(ValueError, match=r"features\.weight: expected \(0, 6\), found \(9, 6\)"):
        NumpyPropagation(made.weights, None, made.khop, kind="normalized", dim=6, hops=2)
    weights = {"gcn.hidden.weight": np.ones((9, 6), np.float32), "gcn.mu.weight": np.ones((6, 256), np.float32)}
    with pytest.raises(ValueError, match=r"expected \(30, H\) and \(H, D\), found \(9, 6\) and \(6, 256\)"):
        NumpyGCN(weights, None, made.khop)
    with pytest.raises(ValueError, match="expected 2 lengths"):
        NumpyPropagation(made.weights, made.features, made.khop, kind="normalized", dim=6, hops=1)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("encoder", "rows"), [("gcn", False), ("linear", True), ("normalized", True)])
def test_a_neighborhood_is_summed_in_blocks(
    layout: str, encoder: str, rows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of one row give the embeddings of a single block."""
    made = Made(1, layout, encoder=encoder, rows=rows and layout != "none", dim=4, hidden=5)
    whole = [made.numpy_encoder().embed(node) for node in range(N)]
    monkeypatch.setattr("latentlink.models.graph.features.BLOCK_CELLS", 1)
    monkeypatch.setattr("latentlink.models.inference.encoders.features._SUMMED", 1)
    np.testing.assert_allclose([made.numpy_encoder().embed(node) for node in range(N)], whole, rtol=1e-5, atol=1e-6)


def test_sums_of_a_convolution_have_the_same_bits_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry is added to what came before it, wherever a block ends."""
    made = Made(2, "none", weighted=True, encoder="gcn", dim=4, hidden=5)
    encoder = made.numpy_encoder()
    assert isinstance(encoder, NumpyGCN)
    nodes = np.arange(0, N, 2)
    whole = encoder.sums(nodes, made.khop)
    for cells, cached, long in ((1, 1, 16), (35, 2**17, 2), (64, 20, 0)):
        monkeypatch.setattr("latentlink.models.graph.features.BLOCK_CELLS", cells)
        monkeypatch.setattr("latentlink.models.inference.encoders.gcn._CACHED", cached)
        monkeypatch.setattr("latentlink.models.inference.encoders.gcn._LONG", long)
        np.testing.assert_array_equal(encoder.sums(nodes, made.khop), whole)
