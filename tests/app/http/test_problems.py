"""The table of problems."""

import inspect
from http import HTTPStatus

import pytest

from latentlink.app import errors
from latentlink.app.http.problems import HTTP_SLUGS, PROBLEMS, SLUGS, Problem


def test_every_service_error_has_a_problem() -> None:
    """A new error without one would be answered as a bug."""
    declared = {
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.ServiceError) and kind is not errors.ServiceError
    }
    assert SLUGS.keys() == declared


def test_every_problem_has_one_error() -> None:
    """No two errors share a slug; beside the framework's and a bug, no kind of problem is without its error."""
    assert sorted([*SLUGS.values(), *HTTP_SLUGS.values(), "internal"]) == sorted(PROBLEMS)


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=lambda problem: problem.slug)
def test_every_problem_is_described(problem: Problem) -> None:
    """Meaning and advice are sentences, the example is a `detail`, and the status exists."""
    assert problem.status in {status.value for status in HTTPStatus}
    assert problem.title
    assert problem.example
    assert problem.meaning.endswith(".")
    assert problem.advice.endswith(".")
