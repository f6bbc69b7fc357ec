"""Two steps of the protocol: fits and the choice among them on validation, with the parts beside the encoder, and their refit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import torch

from latentlink.models.config import FEWEST_LINKS, TrainingConfig
from latentlink.models.evaluation.splits import Split
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.training.fit import Phase, Progress, Selection, fit, refit
from latentlink.models.training.objectives import Objective, SamplingTrainer, make_objective
from latentlink.models.training.parts.composition import Composition
from latentlink.models.training.parts.selection import Choice, Selector
from latentlink.models.training.resume import PartSaver, Saver
from latentlink.models.training.steps import OnStep, Step
from latentlink.models.training.trainers.module_source import ModuleSource
from latentlink.models.training.trainers.neighbor_sampling import NeighborSamplingTrainer

_OF_NEW_NODES: Mapping[Phase, Phase] = {"fit": "unseen fit", "fit with node rows": "unseen fit with node rows"}


@dataclass(frozen=True)
class Runtime:
    """Who hears of a training, what saves it, on which device it is, the module that is its encoder, if any, and what samples."""

    on_epoch: Progress
    on_step: OnStep
    saver: Saver
    device: torch.device
    module: ModuleSource | None = None
    sampling: SamplingTrainer = NeighborSamplingTrainer

    def of_new_nodes(self) -> "Runtime":
        """The runtime of the training without some nodes, whose steps and phases have names of their own."""
        return Runtime(
            lambda epoch: self.on_epoch(replace(epoch, phase=_OF_NEW_NODES[epoch.phase])),
            lambda step: self.on_step(step._replace(name=f"new nodes: {step.name}")),
            PartSaver(self.saver, "unseen"),
            self.device,
            sampling=self.sampling,
        )


class Chosen(NamedTuple):
    """What validation chose.

    Attributes:
        fit: of the encoder; without an epoch where none was fitted.
        composition: the parts of a logit, or None where it is the encoder's inner product alone.
    """

    fit: Selection
    composition: Composition | None


class Evaluated(NamedTuple):
    """The embeddings of the evaluated run.

    Attributes:
        embeddings: by all parts that were chosen.
        without: makes those without one of the parts, by its name; each is as large, so that one is made at a time.
    """

    embeddings: Embeddings
    without: dict[str, Callable[[], Embeddings]]


def fit_and_choose(
    objective: Objective, graph: Graph, split: Split, config: TrainingConfig, runtime: Runtime
) -> tuple[Chosen, Evaluated]:
    """The best fit on validation; of equals the first, which is without node embeddings. Then the parts beside it.

    Without "dense" among the named parts no encoder is fitted.
    """
    fits = _fits(objective, config, runtime) if "dense" in config.part_names else []
    return choose(fits, graph, split, config, runtime)


def choose(
    fits: Sequence[tuple[Selection, Embeddings]], graph: Graph, split: Split, config: TrainingConfig, runtime: Runtime
) -> tuple[Chosen, Evaluated]:
    """As `fit_and_choose`, of fits that are done; none of them where "dense" is not among the named parts."""
    selection, dense = max(fits, key=lambda one: one[0].quality, default=(Selection(node_embeddings=False), None))
    optional = config.parts == "auto"
    if dense is not None and (config.parts == "dense" or (optional and len(split.validation) < FEWEST_LINKS)):
        return Chosen(selection, None), Evaluated(dense, {})
    runtime.on_step(Step("choosing the parts of a logit"))
    columns = [one.mu for _, one in fits]
    choice = Selector(graph, split, columns, config.part_names, optional, config.reversed_share).choose()
    if choice.fit is not None:
        selection, dense = fits[choice.fit]
    return Chosen(selection, choice.composition), _evaluated(choice, graph, split, dense)


def _fits(objective: Objective, config: TrainingConfig, runtime: Runtime) -> list[tuple[Selection, Embeddings]]:
    fits = []
    for node_embeddings in objective.choices:
        runtime.on_step(Step("fit with node embeddings" if node_embeddings else "fit", config.epochs))
        fits.append(fit(objective, node_embeddings, config, runtime.on_epoch, runtime.saver))
    return fits


def _evaluated(choice: Choice, graph: Graph, split: Split, dense: Embeddings | None) -> Evaluated:
    """By all parts; what is made without one of them later is made of the columns of these, which are in memory anyway.

    Nothing is made without a part whose fitted weight is 0: it would be the model itself.
    """
    n, edges, found, used = graph.n_nodes, graph.edges[split.train], choice.spectrum, choice.composition.used
    weights = None if graph.weights is None else graph.weights[split.train]
    embeddings = choice.composition.embed(n, edges, weights, dense, found)
    kept = None if dense is None else replace(dense, mu=embeddings.dense, logvar=embeddings.logvar)
    if found is not None:
        found = replace(found, vectors=embeddings.spectral)

    def embed(composition: Composition) -> Embeddings:
        return composition.embed(n, edges, weights, kept, found)

    return Evaluated(embeddings, {part: partial(embed, one) for part, one in choice.without.items() if part in used})


def refit_chosen(graph: Graph, split: Split, chosen: Chosen, config: TrainingConfig, runtime: Runtime) -> Embeddings:
    """Embeddings of a training on all edges of the present graph, for the selected number of epochs, by the chosen parts."""
    composition = chosen.composition
    dense = None
    if composition is None or composition.dense:
        runtime.on_step(Step("refit", chosen.fit.epoch))
        objective = make_objective(graph, split, config, runtime.device, runtime.module, runtime.sampling)
        trainer = objective.trainer_on_all(chosen.fit.node_embeddings)
        dense = refit(trainer, chosen.fit.epoch, runtime.on_epoch, runtime.saver)
        if composition is None:
            return dense
    found = composition.find_spectrum(graph)
    return composition.embed(graph.n_nodes, graph.edges, graph.weights, dense, found)
