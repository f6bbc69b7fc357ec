"""The lines above a model card: its metadata in YAML, as the Hugging Face Hub reads it."""

import json
from collections.abc import Iterator

from latentlink.models.config import TrainingConfig
from latentlink.models.facts.metrics import Metrics
from latentlink.models.graph.graph import Graph
from latentlink.models.publishing.markdown import words
from latentlink.models.wording import count


def front_matter(name: str, graph: Graph, config: TrainingConfig, metrics: Metrics) -> str:
    """Library, tags and, of models of links, the metrics of the test as a model index.

    Names are in quotes: a model may be called `1.0` or `null`, an encoder has the path of its file.
    """
    tags = ("link-prediction", "graph", config.model, config.encoder, *(["directed"] if graph.directed else []))
    lines = ["library_name: latentlink", "pipeline_tag: graph-ml", f"tags: {json.dumps(tags)}"]
    results = [*_results(graph, metrics)] if config.sees_graph else []  # a model of features was not made for links
    index = ["model-index:", f'- name: "{name}"', "  results:", *results] if results else []
    return "\n".join(["---", *lines, *index, "---"])


def _results(graph: Graph, metrics: Metrics) -> Iterator[str]:
    """The measured metrics of the test, each in 0–1."""
    measured = {name: value for name, value in metrics.test.by_name().items() if value is not None}
    if not measured:
        return
    yield "  - task:"
    yield "      type: link-prediction"
    yield "      name: Link prediction"
    yield "    dataset:"
    yield "      type: graph"
    yield f"      name: {count(graph.n_nodes, 'node')}, {count(graph.n_edges, 'edge')}"
    yield "      split: test"
    yield f"      revision: {graph.fingerprint()}"
    yield "    metrics:"
    for name, value in measured.items():
        yield f"    - type: {name.replace('@', '_at_')}"
        yield f"      name: Test {words(name)}"
        yield f"      value: {value:.6g}"
