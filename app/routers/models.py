"""The served models and the facts of their manifests."""

import asyncio
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.convertors import StringConvertor, register_url_convertor

from latentlink.app.deps import ModelDep, StateDep, key_of
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.requests import JSONBody
from latentlink.app.http.responses import JSON
from latentlink.app.http.scopes import needs
from latentlink.app.schemas.answers import ModelRef
from latentlink.app.schemas.models import Hub, ModelDetail, ModelList, ModelSummary
from latentlink.app.schemas.requests import MOST_MODELS, ActivateRequest, ModelsListed
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint.baselines import beaten_on, stronger_baselines, why_beaten
from latentlink.models.facts.probabilities import ReliabilityCurves
from latentlink.models.facts.published import ModelFacts


class _Spec(StringConvertor):
    """A model in a path: no colon, so that `{model}:activate` is a path of its own and 405 for GET."""

    regex = "[^/:]+"


register_url_convertor("spec", _Spec())
router = APIRouter(route_class=ModelRoute, tags=["models"])

read_activate_request = JSONBody(ActivateRequest)


@router.get("/v1/models", operation_id="list_models", response_model=ModelList, summary="The served models")
async def list_models(
    request: Request,
    state: StateDep,
    limit: Annotated[ModelsListed, Query()] = MOST_MODELS,
    after: Annotated[str, Query(description="Begin behind this name: the `next` of the answer before.")] = "",
) -> JSON:
    """Names, versions, kinds and sizes of the served models that the key is for, by name; none is opened for it.

    `degraded` names those that can't be loaded, as `/readyz` does, whatever the page.
    """
    store, opened, is_for = state.store, state.store.opened(), key_of(request.scope).is_for
    behind = ((name, served) for name, served in store.models.items() if name > after and is_for(name))
    models = [
        ModelSummary(
            name=name,
            versions=[one.version for one in opened.get(name, ())],
            published=store.published(name),
            current=served.version,
            kind=served.manifest.model,
            counts=served.manifest.counts,
        )
        for name, served in islice(behind, limit)
    ]
    degraded = {name: reason for name, reason in store.degraded().items() if is_for(name)}
    meant = store.default if store.default is not None and is_for(store.default) else None
    answer = ModelList(default=meant, models=models, degraded=degraded)
    more = {"next": models[-1].name} if next(behind, None) else {}
    return JSON(answer.model_copy(update=more).document())


@router.get(
    "/v1/models/{model:spec}", operation_id="get_model", response_model=ModelDetail, summary="One model's facts"
)
async def get_model(model: ModelDep) -> JSON:
    """Config, metrics, curves, calibration and provenance, as the checkpoint's manifest records them, and its hubs."""
    manifest = model.checkpoint.manifest
    answer = ModelDetail(
        beaten_by=stronger_baselines(manifest.metrics),
        beaten_on=beaten_on(manifest.metrics),
        beaten_because=why_beaten(manifest.metrics, manifest.counts.features),
        hubs=[_hub(model, row, degree) for row, degree in model.hubs.items()],
        reliability=_reliability(manifest),
        model=manifest.name,
        version=manifest.version,
        kind=manifest.model,
        encoder=manifest.encoder,
        created_at=manifest.created_at.isoformat(),
        counts=manifest.counts,
        config=manifest.config,
        metrics=manifest.metrics,
        training=manifest.training,
        calibration=manifest.calibration,
        seed=manifest.seed,
        data_fingerprint=manifest.data_fingerprint,
        software=manifest.software,
    )
    optional = {
        name: getattr(manifest, name) for name in ("parts", "directed", "types", "linked", "relations", "columns")
    }
    return JSON(answer.model_copy(update={name: part for name, part in optional.items() if part}).document())


def _hub(model: Scorer, row: int, degree: int) -> Hub:
    types = {} if model.types is None else {"type": model.types.name(row)}
    return Hub(node=model.nodes.id(row), degree=degree, **types)


def _reliability(facts: ModelFacts) -> ReliabilityCurves | None:
    split = facts.training.split
    return facts.calibration.balanced.curves(split.test) if facts.calibration and split else None


@router.post(
    "/v1/models/{model}:activate",
    operation_id="activate",
    status_code=202,
    response_model=ModelRef,
    summary="Serve another version",
    openapi_extra=read_activate_request.openapi(),
)
@needs("admin")
async def activate(
    request: Request,
    model: Annotated[str, Path(description="A model's name, or `default`.", examples=["default"])],
    state: StateDep,
    body: Annotated[ActivateRequest, Depends(read_activate_request)],
) -> JSON:
    """Verify a version and make it the current one; every worker serves it after its next poll.

    Needs a key with the scope `admin`; without a configured one the answer is 403.
    """
    request.state.audit = {"version": body.version}
    key_of(request.scope).require_model(state.store.name(model))
    # Not among the heavy work: it may wait until a publisher releases the directory.
    name = await asyncio.to_thread(state.store.activate, model, body.version)
    answer: ModelRef = {"model": name, "version": body.version}
    return JSON(answer, status_code=202)
