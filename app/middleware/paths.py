"""Which path of the service a request names."""

from starlette.types import Scope


def route_path(scope: Scope) -> str:
    """The path of a request as the routes have it: without the prefix that a proxy mounted the service at."""
    path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path
