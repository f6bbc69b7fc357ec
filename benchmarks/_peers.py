"""Peers of a model of links, fitted on the training edges of its split and selected on its validation pairs.

torch-geometric's GAE and VGAE; node2vec; a spectral embedding; for bipartite graphs EASE and ALS. torch-geometric's own
`Node2Vec` needs pyg-lib for its walks, which has no plain wheels; here numpy draws them, without return parameters (p = q = 1,
DeepWalk), for the loss of `Node2Vec`. EASE and ALS know the type of each node: a pair of one type is below all others.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
import torch
from scipy import sparse
from scipy.sparse import linalg
from torch import Tensor
from torch.nn.functional import logsigmoid

from benchmarks._pyg import DECAY, EPOCHS, Loop
from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.evaluation.metrics import auc_ap
from latentlink.models.evaluation.splits import Split
from latentlink.models.evaluation.structure import find_cycles, two_groups
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.scoring import pair_logits

Scorer = Callable[[Int64], Float64]
Peer = Callable[[Graph, Split, int, bool], Scorer]  # the graph, its split, the seed, and whether a short run is enough

DIM, WALKS, LENGTH, WINDOW, ROUNDS, BATCH = 128, 4, 20, 5, 10, 1024  # of node2vec; walks a batch
RANKS, STEPS = (16, 32, 64, 128), (1, 2, 3, 4)  # of the spectral embedding
RIDGES = (1.0, 10.0, 100.0, 1000.0)  # of EASE
FACTORS, CONFIDENCE, ALTERNATIONS = (16, 64), 20.0, 10  # of ALS


def peers(graph: Graph) -> Mapping[str, Peer]:
    """Those that fit the graph, by name."""
    both = {} if _sides(graph) is None else {"EASE": _ease, "ALS": _als}
    return {"PyG GAE": _gae, "PyG VGAE": _vgae, "node2vec": _node2vec, "spectral": _spectral, **both}


def _gae(graph: Graph, split: Split, seed: int, quick: bool) -> Scorer:
    return _autoencoder(graph, split, seed, quick, variational=False)


def _vgae(graph: Graph, split: Split, seed: int, quick: bool) -> Scorer:
    return _autoencoder(graph, split, seed, quick, variational=True)


def _autoencoder(graph: Graph, split: Split, seed: int, quick: bool, *, variational: bool) -> Scorer:
    """The example's loop with the weight decay of our recipe; without features nodes are told apart by the identity."""
    x, decay = _dense(graph), DECAY if graph.n_features else 0.0
    loop = Loop(x, graph.edges[split.train], variational=variational, seed=seed, weight_decay=decay)

    def epochs() -> Iterator[Scorer]:
        for _ in range(EPOCHS // 10 if quick else EPOCHS):
            loop.epoch()
            yield _inner_products(loop.embed())

    return _selected(epochs(), split)


def _node2vec(graph: Graph, split: Split, seed: int, quick: bool) -> Scorer:
    """Skip-gram with negative sampling over uniform walks (Grover & Leskovec 2016)."""
    rng, matrix = np.random.default_rng(seed), _matrix(graph, split)
    table = torch.nn.Embedding(graph.n_nodes, DIM, sparse=True)
    torch.nn.init.normal_(table.weight, std=0.1, generator=torch.Generator().manual_seed(seed))
    optimizer = torch.optim.SparseAdam(table.parameters(), lr=0.01)

    def rounds() -> Iterator[Scorer]:
        for _ in range(1 if quick else ROUNDS):
            walks = _walks(matrix, rng)
            for batch in np.array_split(walks, -(-len(walks) // BATCH)):
                loss = _skip_gram(table, batch, rng)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()  # type: ignore[no-untyped-call]
            yield _inner_products(table.weight.detach().numpy().copy())

    return _selected(rounds(), split)


def _walks(matrix: sparse.csr_array, rng: np.random.Generator) -> Int64:
    """`WALKS` walks from each node that has links, int64 (w, LENGTH), in random order."""
    degrees = np.diff(matrix.indptr)
    steps = [rng.permutation(np.repeat(np.flatnonzero(degrees), WALKS))]
    for _ in range(LENGTH - 1):
        at = steps[-1]
        steps.append(matrix.indices[matrix.indptr[at] + (rng.random(len(at)) * degrees[at]).astype(np.int64)])
    return np.stack(steps, axis=1).astype(np.int64)


def _skip_gram(table: torch.nn.Embedding, walks: Int64, rng: np.random.Generator) -> Tensor:
    """−log σ of each node with the next ones of its walk, and of −s with as many random nodes: a scalar."""
    starts = range(walks.shape[1] - WINDOW)
    windows = torch.from_numpy(np.concatenate([walks[:, start : start + WINDOW + 1] for start in starts]))
    random = torch.from_numpy(rng.integers(0, table.num_embeddings, (len(windows), WINDOW)))
    first, rest, others = table(windows[:, :1]), table(windows[:, 1:]), table(random)
    found: Tensor = -logsigmoid((first * rest).sum(2)).mean() - logsigmoid(-(first * others).sum(2)).mean()
    return found


def _spectral(graph: Graph, split: Split, seed: int, quick: bool) -> Scorer:
    """Σ λᵖ uᵢ uⱼ over the eigenvectors of D^(−1/2) A D^(−1/2) with the largest |λ|: walks of p steps; rank and p are selected."""
    matrix = _matrix(graph, split)
    lengths = sparse.diags_array(1 / np.sqrt(np.maximum(np.diff(matrix.indptr), 1)))
    rank = min(RANKS[1 if quick else -1], graph.n_nodes // 2)
    start = np.random.default_rng(seed).random(graph.n_nodes)
    values, vectors = linalg.eigsh(lengths @ matrix @ lengths, rank, which="LM", v0=start, tol=1e-3)
    order = np.argsort(-np.abs(values))
    values, vectors = values[order], vectors[:, order]

    def walks(width: int, steps: int) -> Scorer:
        weighted, others = vectors[:, :width] * values[:width] ** steps, vectors[:, :width]
        return lambda pairs: np.einsum("md,md->m", weighted[pairs[:, 0]], others[pairs[:, 1]])

    widths = [width for width in RANKS if width <= rank]
    return _selected((walks(width, steps) for width in widths for steps in STEPS), split)


def _ease(graph: Graph, split: Split, _: int, quick: bool) -> Scorer:
    """Scores X B with B = I − P / diag P, P = (XᵀX + λI)⁻¹ (Steck 2019, 1905.03375); λ is selected."""
    x, place, side = _ratings(graph, split)
    gram = (x.T @ x).toarray()

    def fitted(ridge: float) -> Scorer:
        inverse = np.linalg.inv(gram + ridge * np.eye(len(gram)))
        weights = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0)
        scores = x @ weights
        return _of_sides(scores, place, side)

    return _selected(map(fitted, RIDGES[1:2] if quick else RIDGES), split)


def _als(graph: Graph, split: Split, seed: int, quick: bool) -> Scorer:
    """Factors of implicit feedback (Hu, Koren & Volinsky 2008); a link has the confidence 1 + 20; their number is selected."""
    x, place, side = _ratings(graph, split)

    def fitted(width: int) -> Scorer:
        rng = np.random.default_rng(seed)
        left, right = (0.1 * rng.standard_normal((n, width)) for n in x.shape)
        for _ in range(2 if quick else ALTERNATIONS):
            left = _least_squares(x, right)
            right = _least_squares(x.T.tocsr(), left)
        return _of_sides(left @ right.T, place, side)

    return _selected(map(fitted, FACTORS[:1] if quick else FACTORS), split)


def _least_squares(x: sparse.csr_array, other: Float64) -> Float64:
    """The factors of the rows of `x` for those of its columns: (YᵀY + α Yᵤᵀ Yᵤ + I)⁻¹ (1 + α) Σ Yᵤ for each row u."""
    gram = other.T @ other + np.eye(other.shape[1])
    found = np.zeros((x.shape[0], other.shape[1]))
    for row in np.flatnonzero(np.diff(x.indptr)).tolist():
        mine = other[x.indices[x.indptr[row] : x.indptr[row + 1]]]
        found[row] = np.linalg.solve(gram + CONFIDENCE * mine.T @ mine, (1 + CONFIDENCE) * mine.sum(axis=0))
    return found


def _selected(scorers: Iterable[Scorer], split: Split) -> Scorer:
    """The scorer with the best sum of AUC and AP on validation, the earliest of equals."""

    def quality(score: Scorer) -> float:
        return sum(auc_ap(score(split.validation), score(split.validation_negatives)).values())

    return max(scorers, key=quality)


def _inner_products(z: Float32) -> Scorer:
    return lambda pairs: pair_logits(z, *pairs.T)


def _of_sides(scores: Float64, place: Int64, side: np.ndarray) -> Scorer:
    """Scores of pairs in either direction by their table (left, right); pairs of one side get the least."""
    least = float(scores.min()) - 1

    def score(pairs: Int64) -> Float64:
        flipped = np.where(side[pairs[:, :1]], pairs[:, ::-1], pairs)  # the left side first
        found = scores[place[flipped[:, 0]] % scores.shape[0], place[flipped[:, 1]] % scores.shape[1]]
        return np.where(side[pairs[:, 0]] == side[pairs[:, 1]], least, found)

    return score


def _ratings(graph: Graph, split: Split) -> tuple[sparse.csr_array, Int64, np.ndarray]:
    """Training links as a matrix (left, right), the row or column of each node, int64 (N,), and its side, bool (N,)."""
    side = _sides(graph)
    assert side is not None
    place = np.where(side, np.cumsum(side), np.cumsum(~side)) - 1
    edges = graph.edges[split.train]
    left, right = np.where(side[edges[:, :1]], edges[:, ::-1], edges).T
    shape = (int((~side).sum()), int(side.sum()))
    return sparse.coo_array((np.ones(len(edges)), (place[left], place[right])), shape=shape).tocsr(), place, side


def _sides(graph: Graph) -> np.ndarray | None:
    """The side of each node, bool (N,), where the graph is bipartite and no forest."""
    matrix = _adjacency(graph, graph.edges)
    cycles = find_cycles(matrix)
    side = two_groups(matrix, cycles.component)
    bipartite = cycles.closing and (side[graph.edges[:, 0]] != side[graph.edges[:, 1]]).all()
    return side if bipartite else None


def _matrix(graph: Graph, split: Split) -> sparse.csr_array:
    return _adjacency(graph, graph.edges[split.train])


def _adjacency(graph: Graph, edges: Int64) -> sparse.csr_array:
    places = tuple(np.concatenate([edges, edges[:, ::-1]]).T)
    return sparse.coo_array((np.ones(2 * len(edges), np.float32), places), shape=(graph.n_nodes, graph.n_nodes)).tocsr()


def _dense(graph: Graph) -> Float32:
    x = graph.features
    return np.eye(graph.n_nodes, dtype=np.float32) if x is None else x.to_dense() if isinstance(x, CSR) else x
