"""The generated blocks by the names that pages call them by: `<!-- generated: NAME -->`."""

from collections.abc import Callable, Mapping
from functools import partial

from docs.generate import architecture, operating, python, service

BLOCKS: Mapping[str, Callable[[], str]] = {
    "commands": operating.commands,
    "settings": operating.settings,
    "training-defaults": operating.training_defaults,
    "training-options": operating.training_options,
    "route-list": service.route_list,
    "routes": service.routes,
    "answers": service.answers,
    "problems": service.problems,
    "prometheus": service.prometheus,
    "formats": python.formats,
    "manifest": python.manifest,
    "python-api": python.python_api,
    "client-methods": python.client_methods,
    "client-options": python.client_options,
    "floors-of-models": partial(architecture.floors, "models"),
    "floors-of-app": partial(architecture.floors, "app"),
}
