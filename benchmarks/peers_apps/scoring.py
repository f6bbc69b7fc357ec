"""What every peer answers with: the code that Latentlink runs between request and answer, over the same checkpoint."""

import os
from pathlib import Path
from typing import Any

from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint.store import find

PORT = int(os.environ["LATENTLINK_PORT"])


class Pairs:
    """Scores pairs of ids over the checkpoint `bench` of the store in LATENTLINK_CHECKPOINTS."""

    def __init__(self) -> None:
        self._scorer = Scorer(find(Path(os.environ["LATENTLINK_CHECKPOINTS"]), "bench"))

    def score(self, source: str, target: str) -> dict[str, Any]:
        """The fields of Latentlink's own answer."""
        scorer = self._scorer
        score = scorer.score_pair(*scorer.rows([source, target]).tolist())
        return {"model": scorer.name, "version": scorer.version, "source": source, "target": target, **score._asdict()}
