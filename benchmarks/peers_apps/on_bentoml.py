"""BentoML: one worker. Its endpoints take POST only."""

from typing import Any

import bentoml

from benchmarks.peers_apps.scoring import PORT, Pairs


@bentoml.service(workers=1, http={"port": PORT}, logging={"access": {"enabled": False}})
class Score:
    """Scores the pair in the body."""

    def __init__(self) -> None:
        self.pairs = Pairs()

    @bentoml.api
    async def score(self, source: str, target: str) -> dict[str, Any]:
        """The answer, given on the event loop: a thread for each call would cost more than the call."""
        return self.pairs.score(source, target)
