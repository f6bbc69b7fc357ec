"""LitServe: one worker behind one API server, by the faster of its queues. Its endpoints take POST only."""

from typing import Any

import litserve

from benchmarks.peers_apps.scoring import PORT, Pairs


class ScoreAPI(litserve.LitAPI):
    """Scores the pair in the body."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - the server calls it so
        """Load the checkpoint, once a worker."""
        self.pairs = Pairs()

    def decode_request(self, request: dict[str, str]) -> tuple[str, str]:
        """The pair of ids."""
        return request["source"], request["target"]

    def predict(self, pair: tuple[str, str]) -> dict[str, Any]:
        """The answer."""
        return self.pairs.score(*pair)

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        """The answer as it is."""
        return output


if __name__ == "__main__":
    server = litserve.LitServer(ScoreAPI(api_path="/score"), accelerator="cpu", workers_per_device=1, fast_queue=True)
    server.run(host="127.0.0.1", port=PORT, num_api_servers=1, generate_client_file=False, log_level="warning")
