"""The message of a missing package: the command that installs it, in place of "No module named"."""


def how_to_install(error: ModuleNotFoundError, requirement: str) -> str:
    """Which package is missing, and what to pass to pip.

    Args:
        error: of the import; that of a module of this package is a bug, and raised again.
        requirement: of pip, such as `latentlink[train]`.
    """
    package = str(error.name).partition(".")[0]
    if package == "latentlink":
        raise error
    return f"expected the package {package}, found none; pip install '{requirement}'"
