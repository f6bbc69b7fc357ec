"""What a training run is asked to do; the whole of it is written into the checkpoint's manifest."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

Share = Annotated[float, Field(gt=0, lt=0.5)]
Fraction = Annotated[float, Field(ge=0, lt=1)]

_PLAIN: Mapping[str, Any] = {
    "dim": 16,
    "epochs": 200,
    "hops": 1,
    "edge_masking": 0.0,
    "feature_dropout": 0.0,
    "node_rows": "off",
    "evaluate_every": 1,
    "patience": None,
}

# What an encoder is trained with unless told otherwise. `gcn` is the paper's, with the weight decay that its authors give graph
# convolutions elsewhere (Kipf & Welling 2017, 1609.02907): without it 46,000 weights learn 4,000 edges by heart. `normalized` won
# on validation over the graphs of docs/LOG.md; `linear` is that of Salha et al. 2020; `mlp` keeps the promises of
# benchmarks/features.py.
RECIPES: Mapping[str, Mapping[str, Any]] = {
    "gcn": {**_PLAIN, "hops": 2, "weight_decay": 5e-4},
    "linear": _PLAIN,
    "normalized": {
        "dim": 256,
        "epochs": 400,
        "hops": 2,
        "edge_masking": 0.8,
        "feature_dropout": 0.8,
        "node_rows": "auto",
        "evaluate_every": 5,
        "patience": 150,
    },
    "mlp": {**_PLAIN, "model": "vae", "hidden": 64, "patience": 20},
}


class TrainingConfig(BaseModel):
    """A training run in full: with the same graph, config and machine, the same bytes come out.

    Fields that are not given take the value of the encoder's recipe.

    Raises:
        pydantic.ValidationError: a value is out of its range or a field is unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Literal["ae", "vae", "gae", "vgae"] = Field(
        "vgae", description="Autoencoder to train: of links (gae, vgae) or of features (ae, vae)."
    )
    encoder: Literal["gcn", "linear", "normalized", "mlp"] = Field(
        "normalized",
        description="gcn: two graph convolutions (Kipf & Welling 2016); linear: a propagated linear map (Salha et al. 2020); "
        "normalized: an L2-normalised map at several scales of propagation, trained on masked edges; "
        "mlp: features alone, for ae and vae.",
    )
    dim: int = Field(
        256,
        ge=1,
        le=4096,
        description="Width D of the embeddings; of features at several scales every 128 columns learn by themselves.",
    )
    hidden: int = Field(32, ge=1, le=4096, description="Width of the hidden layer of gcn and mlp.")
    hops: int = Field(2, ge=1, le=10, description="Propagations of linear; the widest scale of normalized.")
    edge_masking: Fraction = Field(
        0.8, description="Share of training edges hidden from the encoder and asked for, anew each epoch."
    )
    feature_dropout: Fraction = Field(0.8, description="Share of feature entries left out, anew each epoch.")
    node_rows: Literal["auto", "on", "off"] = Field(
        "auto", description="A learned row for each node beside its features; auto: if that is better on validation."
    )
    sampled: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Whether each step takes a sampled part of the graph, not all; auto: where memory for all is not there.",
    )
    epochs: int = Field(400, ge=1, le=100_000, description="Epochs to train; the best on validation is kept.")
    evaluate_every: int = Field(5, ge=1, le=1000, description="Epochs between looks at validation.")
    patience: int | None = Field(
        150,
        ge=1,
        description="Epochs without a better validation score after which a fit ends; as many as `--epochs`: never.",
    )
    learning_rate: float = Field(0.01, gt=0, le=1, description="Step size of Adam.")
    weight_decay: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Pull of weights towards 0, an L2 penalty, for gcn and mlp; none without features, where weights are rows "
        "of nodes.",
    )
    seed: int = Field(0, ge=0, lt=2**63, description="Seed of split, initial weights, negatives and noise.")
    validation: Share = Field(
        0.05, description="Share of edges held out to select the epoch; of rows, too, for ae and vae."
    )
    test: Share = Field(0.10, description="Share of edges held out to report on; of rows, too, for ae and vae.")
    time_column: str | None = Field(
        None, description="Column of the edges' times: the latest are held out, not a random share; null: random."
    )
    refit: bool = Field(
        True, description="Train again on all data, for the selected number of epochs, before publishing."
    )
    evaluate_unseen: Share | None = Field(
        None,
        description="Share of nodes to hide entirely from one more training, and to embed as strangers; null: none.",
    )

    @model_validator(mode="before")
    @classmethod
    def _with_recipe(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        encoder = given.get("encoder", "mlp" if given.get("model") in ("ae", "vae") else "normalized")
        return {"encoder": encoder, **RECIPES.get(encoder, {}), **given}

    @field_validator("encoder")
    @classmethod
    def _fits_the_model(cls, encoder: str, info: ValidationInfo) -> str:
        model = info.data.get("model")
        if model is not None and (encoder == "mlp") != (model in ("ae", "vae")):
            fitting = "mlp" if model in ("ae", "vae") else "normalized, linear or gcn"
            raise PydanticCustomError("encoder", f"{fitting} for {model}")
        return encoder

    @field_validator("weight_decay")
    @classmethod
    def _has_no_rows_nor_lengths(cls, decay: float, info: ValidationInfo) -> float:
        encoder = info.data.get("encoder")
        if decay and encoder in ("normalized", "linear"):
            raise PydanticCustomError("weight_decay", f"0 for {encoder}, whose rows and lengths it would pull as well")
        return decay

    @field_validator("evaluate_unseen")
    @classmethod
    def _can_embed_strangers(cls, share: float | None, info: ValidationInfo) -> float | None:
        if share is not None and info.data.get("model") in ("ae", "vae"):
            raise PydanticCustomError("evaluate_unseen", "it with a model of links, gae or vgae")
        if share is not None and info.data.get("time_column") is not None:
            raise PydanticCustomError(
                "evaluate_unseen", "it without --time-column, since who is hidden is drawn at random"
            )
        return share

    @property
    def sees_graph(self) -> bool:
        """Whether the encoder takes links beside features, and the decoder gives links: one of the family's two switches."""
        return self.model in ("gae", "vgae")

    @property
    def variational(self) -> bool:
        """Whether the encoder gives a distribution (mu, logvar) instead of a point."""
        return self.model in ("vae", "vgae")
