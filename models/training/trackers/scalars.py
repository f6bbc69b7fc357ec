"""The numbers of a training by the names that trackers have for them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentlink.models.training.fit import Epoch
    from latentlink.models.training.trained import Trained


def of_epoch(epoch: "Epoch") -> dict[str, float]:
    """`loss/<phase>` and, where validation was measured, `validation_auc/<phase>` and `validation_ap/<phase>`."""
    numbers = {"loss": epoch.loss, **{f"validation_{name}": v for name, v in (epoch.validation or {}).items()}}
    return {f"{name}/{epoch.phase.replace(' ', '_')}": value for name, value in numbers.items()}


def of_test(trained: "Trained") -> dict[str, float]:
    """`test/<metric>` of each that was measured; neither tracker takes an @, so that Hits@10 is `test/hits_10`."""
    measured = trained.metrics.test.by_name().items()
    return {f"test/{name.replace('@', '_')}": value for name, value in measured if isinstance(value, float)}
