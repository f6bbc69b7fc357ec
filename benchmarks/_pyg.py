"""The peer of training: torch-geometric's own parts in the loop of its autoencoder example, full batch.

python -m benchmarks._pyg EDGES.npz     200 epochs of a VGAE, imports included
"""

import random
import sys
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.nn import GAE, VGAE, GCNConv

from latentlink.models.arrays import Float32, Int64
from latentlink.models.recipes import RECIPES

HIDDEN, DIM, EPOCHS = 32, 16, 200
DECAY = float(str(RECIPES["gcn"]["weight_decay"]))  # of ours; the example has none


class Encoder(nn.Module):
    """Two graph convolutions, with a second head for a VGAE."""

    def __init__(self, n_features: int, *, variational: bool) -> None:
        super().__init__()
        self.hidden = GCNConv(n_features, HIDDEN)
        self.heads = nn.ModuleList(GCNConv(HIDDEN, DIM) for _ in range(1 + variational))

    def forward(self, x: Tensor, edges: Tensor) -> Any:
        """The heads, (N, D) each, as torch-geometric's GAE (one) and VGAE (two) take them."""
        hidden = self.hidden(x, edges).relu()
        heads = tuple(head(hidden, edges) for head in self.heads)
        return heads if len(heads) > 1 else heads[0]


class Loop:
    """The example's training loop.

    Args:
        x: dense features (N, F), as the example has them.
        edges: int64 (e, 2), each undirected edge once; the example's edge index has both directions.
        variational: VGAE or GAE.
        seed: of the initial weights; negatives and noise go on from there.
        weight_decay: of all parameters; the example has none.
    """

    def __init__(self, x: Float32, edges: Int64, *, variational: bool, seed: int, weight_decay: float = 0.0) -> None:
        torch.manual_seed(seed)
        random.seed(seed)  # of its negatives
        self.x = torch.from_numpy(x)
        self.edges = torch.from_numpy(np.concatenate([edges, edges[:, ::-1]]).T.copy())
        self.model: Any = (VGAE if variational else GAE)(Encoder(x.shape[1], variational=variational))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.01, weight_decay=weight_decay)
        self.variational = variational

    def epoch(self) -> float:
        """One step on all edges and as many negatives; the loss."""
        self.model.train()
        self.optimizer.zero_grad()
        z = self.model.encode(self.x, self.edges)
        loss = self.model.recon_loss(z, self.edges)
        if self.variational:
            loss = loss + self.model.kl_loss() / len(self.x)
        loss.backward()
        self.optimizer.step()
        return float(loss.detach())

    def embed(self) -> Float32:
        """z = mu, (N, D)."""
        self.model.eval()
        with torch.no_grad():
            z: Float32 = self.model.encode(self.x, self.edges).numpy()
        return z


def main() -> None:
    """Train on the arrays of a file, as a script would; print the last loss."""
    torch.set_num_threads(1)
    with np.load(sys.argv[1], allow_pickle=False) as arrays:
        loop = Loop(arrays["x"], arrays["edges"], variational=True, seed=0)
    for _ in range(EPOCHS):
        loss = loop.epoch()
    loop.embed()
    print(f"loss {loss:.4f}")


if __name__ == "__main__":
    main()
