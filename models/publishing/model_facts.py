"""The facts that a manifest publishes of a training, but for name, version, time and files."""

from collections.abc import Iterable, Sequence

from latentlink.models.checkpoint.columns import column_facts
from latentlink.models.config import TrainingConfig
from latentlink.models.facts.published import Counts, IndexFacts, ModelFacts
from latentlink.models.facts.training import Curve, TrainingFacts, TrainingSettings
from latentlink.models.graph.graph import Graph
from latentlink.models.host import installed
from latentlink.models.training.fit import Epoch
from latentlink.models.training.trained import Trained

_SOFTWARE = ("latentlink", "numpy", "scikit-learn", "scipy", "torch")
_MODULES = ("torch-geometric",)  # where the encoder is a torch module


def model_facts(graph: Graph, config: TrainingConfig, trained: Trained, index: IndexFacts | None) -> ModelFacts:
    """Those of a graph, its training and, of a large one, its index."""
    facts = ModelFacts(
        model=config.model,
        encoder=config.encoder,
        config=TrainingSettings.model_validate(config.settings),
        seed=config.seed,
        software={package: installed(package) for package in (*_SOFTWARE, *_MODULES[: config.of_module])},
        counts=Counts(
            nodes=graph.n_nodes,
            edges=len(trained.embeddings.edges),
            features=graph.n_features,
            dim=trained.embeddings.mu.shape[1],
        ),
        map_method="pca",
        data_fingerprint=graph.fingerprint(),
        metrics=trained.metrics,
        calibration=trained.probabilities.calibration,
        thresholds=trained.probabilities.thresholds,
        training=_training_facts(graph, config, trained),
    )
    parts = {
        "index": index,
        "parts": trained.embeddings.parts,
        "columns": column_facts(graph.columns, graph.types) or None,
        "directed": graph.directed or None,
        "relations": None if graph.relations is None else [*graph.relations.names],
        "relation_probabilities": [*trained.probabilities.relations.values()] or None,
        **_types(graph),
    }
    return facts.model_copy(update={name: part for name, part in parts.items() if part is not None})


def _types(graph: Graph) -> dict[str, list[str] | list[list[str]]]:
    """The fields of a graph with types: their names, and the pairs of them that may be linked."""
    if graph.types is None:
        return {}
    names = graph.types.names
    return {"types": [*names], "linked": [[names[one], names[other]] for one, other in graph.types.linked.tolist()]}


def _training_facts(graph: Graph, config: TrainingConfig, trained: Trained) -> TrainingFacts:
    facts = TrainingFacts(
        epoch=trained.epoch or None,
        node_rows=trained.node_embeddings,
        refit=config.refit,
        device=trained.device,
        split=trained.split.sizes,
        split_given=trained.split.given,
        split_audit=trained.split_audit,
        posterior=trained.posterior,
        duplicates_merged=graph.duplicates,
        self_loops_dropped=graph.self_loops,
        notes=[*graph.notes, *trained.notes],
        features_change=graph.features_until is not None,
        weights_change=graph.weights_until is not None,
        curve=_curve(trained.curve),
    )
    return facts if trained.module is None else facts.model_copy(update={"module": trained.module})


def _curve(epochs: Sequence[Epoch]) -> Curve:
    validated: Iterable[str] = next((epoch.validation for epoch in epochs if epoch.validation), ())
    scores = {
        f"validation_{name}": [epoch.validation[name] if epoch.validation else None for epoch in epochs]
        for name in validated
    }
    return Curve(loss=[epoch.loss for epoch in epochs], **scores)
