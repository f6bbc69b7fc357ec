"""The list that a checkpoint carries since it was published."""

from latentlink.app.errors import UnsupportedByModelError
from latentlink.app.services.link_lists.pairs import scored
from latentlink.app.services.scorer import Scorer
from latentlink.models.inference.top_links.best import Links


def stored_links(model: Scorer, limit: int) -> Links:
    """The first links of the list, with the logits that scores have.

    Raises:
        UnsupportedByModelError: the checkpoint carries none.
    """
    if (found := model.checkpoint.best_links) is None:
        raise UnsupportedByModelError(
            f"links: expected a checkpoint that carries its most likely links, found {model.name}@{model.version} without, "
            f"which is older or whose search would be long; run `latentlink predict {model.name} --top {limit} --out links.csv`"
        )
    return scored(model, found.sources[:limit], found.targets[:limit], found.relations[:limit])
