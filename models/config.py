"""The hyperparameters of a training; a checkpoint's manifest holds all of them."""

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from latentlink.models.recipes import BIASED, ENCODERS, MADE_ELSEWHERE, MODULE, PYG, RECIPES, fitting_encoder, is_module

Share = Annotated[float, Field(gt=0, lt=0.5)]
Fraction = Annotated[float, Field(ge=0, lt=1)]

REVERSED = 0.1
"""Share of the negatives of directed links that are links turned round: without any nothing teaches a direction, and with many
the others are forgotten."""

FEWEST_LINKS = 20
"""Validation links that a choice between parts needs: of fewer it is mostly chance."""

PARTS = ("dense", "shared_links", "spectral", "bias")
"""What a logit can be the sum of: the encoder's inner product, known links to the same nodes, eigenvectors, and degrees."""


class TrainingConfig(BaseModel):
    """All hyperparameters: the same graph, config and machine give the same bytes.

    Fields that are not given take the value of the encoder's recipe. A renamed field is accepted under its old name, too, and
    dumped under that name alone: manifests and kept states have it.

    Raises:
        pydantic.ValidationError: a value is out of its range or a field is unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    model: Literal["ae", "vae", "gae", "vgae", "complex"] = Field(
        "vgae",
        description="Autoencoder of links (gae, vgae) or of features alone (ae, vae); complex: ComplEx, of links with relations, "
        "and its default.",
    )
    encoder: str = Field(
        "normalized",
        description="normalized: an L2-normalized map at several hops, trained on masked edges; "
        "linear: a propagated linear map (Salha et al. 2020); gcn: two graph convolutions (Kipf & Welling 2016); "
        "mlp: features alone, the encoder of ae and vae; lookup: a learned vector of each node, of complex; pyg:NAME: two layers "
        f"of a convolution of PyTorch Geometric ({', '.join(PYG)}); FILE.py:CLASS: a torch module of your own.",
    )
    dim: int = Field(
        256,
        ge=1,
        le=4096,
        description="Width D of the embeddings, even for complex; normalized with features trains an ensemble of one encoder per "
        "128 columns.",
    )
    hidden: int = Field(32, ge=1, le=4096, description="Width of the hidden layer of gcn and mlp.")
    hops: int = Field(2, ge=1, le=10, description="Propagation steps of linear; the largest number of normalized.")
    edge_masking: Fraction = Field(
        0.8,
        description="Share of training edges hidden from message passing and used as supervision, drawn in each epoch.",
    )
    feature_dropout: Fraction = Field(0.8, description="Share of feature entries dropped, drawn in each epoch.")
    reversed_negatives: Fraction | None = Field(
        None,
        exclude_if=lambda share: share is None,  # manifests of undirected graphs stay what they were
        description="Share of the negatives that are training links turned round, with `--directed` only; a tenth unless given.",
    )
    node_embeddings: Literal["auto", "on", "off"] = Field(
        "auto",
        serialization_alias="node_rows",
        description="auto, on, off: a learned embedding for each node beside its features; auto: on if better on validation.",
    )
    neighbor_sampling: Literal["auto", "on", "off"] = Field(
        "auto",
        serialization_alias="sampled",
        description="auto, on, off: train each step on a sampled neighborhood; auto: on if full batches do not fit into memory.",
    )
    parts: str = Field(
        "auto",
        description="Parts of a logit, separated by commas: dense, the encoder's; spectral; shared_links; bias, of degrees; at "
        f"least dense or spectral. auto: those that are better on validation, and dense alone where that has fewer than "
        f"{FEWEST_LINKS} links.",
    )
    epochs: int = Field(400, ge=1, le=100_000, description="Epochs to train; the best on validation is kept.")
    evaluate_every: int = Field(5, ge=1, le=1000, description="Epochs between two evaluations on validation.")
    patience: int | None = Field(
        150,
        ge=1,
        description="Epochs without a better validation score after which a fit ends; as many as `--epochs`: never.",
    )
    learning_rate: float = Field(0.01, gt=0, le=1, description="Step size of Adam; of complex that of Adagrad.")
    weight_decay: float = Field(
        0.0,
        ge=0,
        le=1,
        description="L2 penalty on the weights of gcn and mlp, always 0 without features; N3 penalty of complex.",
    )
    seed: int = Field(0, ge=0, lt=2**63, description="Seed of the split, initial weights, negatives and noise.")
    validation: Share = Field(
        0.05, description="Share of edges (ae, vae: and of feature rows) held out to select the epoch and the parts."
    )
    test: Share = Field(
        0.10, description="Share of edges (ae, vae: and of feature rows) held out to report metrics on."
    )
    time_column: str | None = Field(
        None, description="Column of edge times (`year` in movies): the latest edges are held out, not a random share."
    )
    refit: bool = Field(
        True, description="Train again on all data, for the selected number of epochs, before publishing."
    )
    evaluate_unseen: Share | None = Field(
        None, description="Share of nodes to hide from one more training and to evaluate as new nodes."
    )

    @model_validator(mode="before")
    @classmethod
    def _with_recipe(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        given = {new_name(key) if new_name(key) not in given else key: value for key, value in given.items()}
        encoder = given.get("encoder", ENCODERS.get(str(given.get("model")), ("normalized",))[0])
        recipe = RECIPES.get(MODULE if is_module(str(encoder)) else encoder, {})
        return {"encoder": encoder, **recipe, **given}

    @field_validator("encoder")
    @classmethod
    def _fits_the_model(cls, encoder: str, info: ValidationInfo) -> str:
        model = info.data.get("model")
        if model is not None and (expected := fitting_encoder(encoder, model)) is not None:
            raise PydanticCustomError("encoder", expected)
        return encoder

    @field_validator("dim")
    @classmethod
    def _has_complex_numbers(cls, dim: int, info: ValidationInfo) -> int:
        if info.data.get("model") == "complex" and dim % 2:
            raise PydanticCustomError("dim", "an even number for complex, a real and an imaginary part of each number")
        return dim

    @field_validator("weight_decay")
    @classmethod
    def _decays_no_embeddings_nor_scales(cls, decay: float, info: ValidationInfo) -> float:
        encoder = info.data.get("encoder")
        if decay and encoder in ("normalized", "linear"):
            raise PydanticCustomError(
                "weight_decay", f"0 for {encoder}, whose node embeddings and scales would decay as well"
            )
        return decay

    @field_validator("node_embeddings")
    @classmethod
    def _fits_a_module(cls, value: str, info: ValidationInfo) -> str:
        if value == "on" and is_module(info.data.get("encoder", "")):
            raise PydanticCustomError("module", "off for a torch module, which takes features alone")
        return value

    @field_validator("parts")
    @classmethod
    def _names_parts(cls, parts: str, info: ValidationInfo) -> str:
        names = [name.strip() for name in parts.split(",")]
        known = {"dense", "spectral"} & set(names) and set(names) <= set(PARTS) and len(set(names)) == len(names)
        if names != ["auto"] and not known:
            raise PydanticCustomError(
                "parts", f"auto, or some of {', '.join(PARTS)}, each once, with dense or spectral"
            )
        if names != ["dense"] and info.data.get("model") in ("ae", "vae", "complex"):
            raise PydanticCustomError("parts", f"dense for --model {info.data['model']}")
        return ",".join(name for name in PARTS if name in names) or "auto"

    @field_validator("evaluate_unseen")
    @classmethod
    def _can_embed_new_nodes(cls, share: float | None, info: ValidationInfo) -> float | None:
        if share is not None and info.data.get("model") in ("ae", "vae", "complex"):
            raise PydanticCustomError("evaluate_unseen", f"none with --model {info.data['model']}")
        if share is not None and is_module(info.data.get("encoder", "")):
            raise PydanticCustomError("evaluate_unseen", "none with a torch module, which embeds no new nodes")
        if share is not None and info.data.get("time_column") is not None:
            raise PydanticCustomError(
                "evaluate_unseen", "none with --time-column: the hidden nodes are drawn at random"
            )
        return share

    @property
    def of_relations(self) -> bool:
        """Whether the model is one of links with relations."""
        return self.model == "complex"

    @property
    def of_module(self) -> bool:
        """Whether the encoder is a torch module, and none of Latentlink's."""
        return is_module(self.encoder)

    @property
    def settings(self) -> dict[str, object]:
        """The fields that decided a model, by their names on disk: of what was made elsewhere those that its publication has."""
        if self.encoder not in MADE_ELSEWHERE:
            return self.model_dump()
        fields = {"model", "encoder", "dim", "parts", "seed", "validation", "test", "refit"}
        return self.model_dump(include=fields | {"hops"} if self.encoder == BIASED else fields)

    @property
    def part_names(self) -> tuple[str, ...]:
        """The `PARTS` that are used, or of "auto" all, which validation chooses from."""
        return PARTS if self.parts == "auto" else tuple(self.parts.split(","))

    @property
    def reversed_share(self) -> float:
        """`reversed_negatives`, or its default."""
        return REVERSED if self.reversed_negatives is None else self.reversed_negatives

    @property
    def sees_graph(self) -> bool:
        """Whether the model is one of links, whose decoder scores pairs, and not one of features alone."""
        return self.model not in ("ae", "vae")

    @property
    def variational(self) -> bool:
        """Whether the encoder returns a distribution (mu, logvar) instead of a point."""
        return self.model in ("vae", "vgae")


_OLD_NAMES = {
    field.serialization_alias: name for name, field in TrainingConfig.model_fields.items() if field.serialization_alias
}


def new_name(name: str) -> str:
    """The field's present name for an old one; any other name as it is."""
    return _OLD_NAMES.get(name, name)
