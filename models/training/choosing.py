"""Two steps of the protocol: fits and the choice among them on validation, with the parts beside the encoder, and their refit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch

from latentlink.models.config import PARTS, TrainingConfig
from latentlink.models.evaluation.splits import Split
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.training.fit import Phase, Progress, Selection, fit, refit
from latentlink.models.training.objectives import Objective, make_objective
from latentlink.models.training.parts.composition import Composition
from latentlink.models.training.parts.selection import FEWEST, Selector
from latentlink.models.training.resume import PartSaver, Saver
from latentlink.models.training.steps import OnStep, Step

_OF_NEW_NODES: Mapping[Phase, Phase] = {"fit": "unseen fit", "fit with node rows": "unseen fit with node rows"}


@dataclass(frozen=True)
class Run:
    """Who hears of a training, what saves it, and where it runs."""

    on_epoch: Progress
    on_step: OnStep
    saver: Saver
    device: torch.device

    def of_new_nodes(self) -> "Run":
        """The run of the training without some nodes, whose steps and phases have names of their own."""
        return Run(
            lambda epoch: self.on_epoch(replace(epoch, phase=_OF_NEW_NODES[epoch.phase])),
            lambda step: self.on_step(step._replace(name=f"new nodes: {step.name}")),
            PartSaver(self.saver, "unseen"),
            self.device,
        )


class Chosen(NamedTuple):
    """What validation chose: the encoder's fit, and the parts of a logit; None where it is the encoder's inner product alone."""

    fit: Selection
    composition: Composition | None


class Evaluated(NamedTuple):
    """The embeddings of the evaluated run, and those without one of their parts each, by its name."""

    embeddings: Embeddings
    without: dict[str, Embeddings]


def fit_and_choose(
    objective: Objective, graph: Graph, split: Split, config: TrainingConfig, run: Run
) -> tuple[Chosen, Evaluated]:
    """The best fit on validation; of equals the first, which is without node embeddings. Then the parts beside it."""
    fits = []
    for node_embeddings in objective.choices:
        run.on_step(Step("fit with node embeddings" if node_embeddings else "fit", config.epochs))
        fits.append(fit(objective, node_embeddings, config, run.on_epoch, run.saver))
    selection, dense = max(fits, key=lambda one: one[0].quality)
    if config.parts == "dense" or (config.parts == "auto" and len(split.validation) < FEWEST):
        return Chosen(selection, None), Evaluated(dense, {})
    run.on_step(Step("choosing the parts of a logit"))
    optional = config.parts == "auto"
    names = PARTS if optional else config.parts.split(",")
    choice = Selector(graph, split, [one.mu for _, one in fits], names, optional).choose()
    if choice.fit is not None:
        selection, dense = fits[choice.fit]

    def embed(composition: Composition) -> Embeddings:
        return composition.embed(graph.n_nodes, dense.edges, dense.edge_weights, dense, choice.spectrum)

    without = {part: embed(composition) for part, composition in choice.without.items()}
    return Chosen(selection, choice.composition), Evaluated(embed(choice.composition), without)


def refit_chosen(graph: Graph, split: Split, chosen: Chosen, config: TrainingConfig, run: Run) -> Embeddings:
    """Embeddings of a training on all edges of the present graph, for the selected number of epochs, by the chosen parts."""
    composition = chosen.composition
    dense = None
    if composition is None or composition.dense:
        run.on_step(Step("refit", chosen.fit.epoch))
        objective = make_objective(graph, split, config, run.device)
        trainer = objective.trainer_on_all(chosen.fit.node_embeddings)
        dense = refit(trainer, chosen.fit.epoch, run.on_epoch, run.saver)
        if composition is None:
            return dense
    found = composition.find_spectrum(graph)
    return composition.embed(graph.n_nodes, graph.edges, graph.weights, dense, found)
