"""Ray Serve: one replica behind its HTTP proxy."""

import ray
from ray import serve
from starlette.requests import Request
from starlette.responses import JSONResponse

from benchmarks.peers_apps.scoring import PORT, Pairs


class Score:
    """Scores the pair in the query; without FastAPI, which would be one more layer."""

    def __init__(self) -> None:
        self.pairs = Pairs()

    async def __call__(self, request: Request) -> JSONResponse:
        """The answer, of known length: a bare dictionary would be sent in chunks."""
        return JSONResponse(self.pairs.score(request.query_params["source"], request.query_params["target"]))


if __name__ == "__main__":
    ray.init("local", num_cpus=1, include_dashboard=False)
    serve.start(http_options={"host": "127.0.0.1", "port": PORT})
    deployment = serve.deployment(num_replicas=1, max_ongoing_requests=1000)(Score)
    serve.run(deployment.bind(), route_prefix="/score", blocking=True)
