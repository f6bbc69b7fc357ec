"""How well scores tell edges from non-edges."""

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from models.scoring import Float64


def link_metrics(positive: Float64, negative: Float64) -> dict[str, float]:
    """Area under the ROC curve and average precision, each in 0–1.

    Args:
        positive: scores (p,) of held-out edges.
        negative: scores (n,) of non-edges.

    Returns:
        {"auc": ..., "ap": ...}, as scikit-learn defines them.
    """
    labels = np.r_[np.ones(len(positive)), np.zeros(len(negative))]
    scores = np.r_[positive, negative]
    return {
        "auc": float(roc_auc_score(labels, scores)),
        "ap": float(average_precision_score(labels, scores)),
    }
