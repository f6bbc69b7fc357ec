"""What a training run is asked to do; the whole of it is written into the checkpoint's manifest."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(gt=0, lt=0.5)]


class TrainingConfig(BaseModel):
    """A training run in full: with the same graph, config and machine, the same bytes come out.

    Raises:
        pydantic.ValidationError: a value is out of its range or a field is unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Literal["gae", "vgae"] = Field("vgae", description="Autoencoder to train.")
    encoder: Literal["gcn"] = Field("gcn", description="Encoder: two graph convolutions (Kipf & Welling 2016).")
    hidden: int = Field(32, ge=1, le=4096, description="Width of the hidden layer.")
    dim: int = Field(16, ge=1, le=4096, description="Width D of the embeddings.")
    epochs: int = Field(200, ge=1, le=100_000, description="Epochs to train; the best on validation is kept.")
    learning_rate: float = Field(0.01, gt=0, le=1, description="Step size of Adam.")
    seed: int = Field(0, ge=0, lt=2**63, description="Seed of split, initial weights, negatives and noise.")
    validation: Share = Field(0.05, description="Share of edges held out to select the epoch.")
    test: Share = Field(0.10, description="Share of edges held out to report on.")
    refit: bool = Field(
        True, description="Train again on all edges, for the selected number of epochs, before publishing."
    )

    @property
    def variational(self) -> bool:
        """Whether the encoder gives a distribution (mu, logvar) instead of a point."""
        return self.model == "vgae"
