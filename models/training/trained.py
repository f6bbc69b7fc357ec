"""The outcome of a training."""

from dataclasses import dataclass

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.evaluation.splits import Split
from latentlink.models.facts.metrics import Metrics
from latentlink.models.facts.probabilities import Probabilities
from latentlink.models.facts.training import Posterior, SplitAudit
from latentlink.models.graph.csr import CSR
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.training.fit import Epoch


@dataclass(frozen=True)
class Trained:
    """The outcome of a training: what is served, and the evidence for it.

    Attributes:
        embeddings: to be served; of all edges after a refit.
        node_embeddings: whether each node has a learned embedding beside its features, as configured or as chosen on validation.
        epoch: the selected epoch, counted from 1, or 0 without an encoder among the named parts.
        curve: every epoch of the evaluated fit.
        test_logits: float64 (p,) and (n,), of the test's edges and negatives under the evaluated embeddings.
        probabilities: calibration and cut-offs of the evaluated embeddings.
        metrics: of the evaluated embeddings.
        split: the edges of each part, and the negatives.
        split_audit: counts of leaked pairs, all 0.
        heldout: int64 (m, 2), edges that the served encoder was not trained on, or (m, 3), triples; empty after a refit.
        device: "cpu" or "cuda", where it was trained.
        features: (N, F), the input of the served encoder, or None; after a split by time without a refit those of the moment
            at which the training edges end.
        posterior: of the served embeddings; None for a model that is not variational.
        module: the encoder as torch prints it, where it is a torch module; else None.
        notes: remarks on the encoder that readers of the metrics need, a sentence each.
    """

    embeddings: Embeddings
    node_embeddings: bool
    epoch: int
    curve: list[Epoch]
    test_logits: tuple[Float64, Float64]
    probabilities: Probabilities
    metrics: Metrics
    split: Split
    split_audit: SplitAudit
    heldout: Int64
    device: str
    features: Float32 | CSR | None
    posterior: Posterior | None
    module: str | None = None
    notes: tuple[str, ...] = ()
