"""What filters mean, computed a second way: cell by cell, in Python; and filters at random."""

from collections.abc import Mapping
from operator import ge, gt, le, lt
from typing import Any

from hypothesis import strategies as st

COMPARE = {"gte": ge, "gt": gt, "lte": le, "lt": lt}
CITIES, AGES = ["Oslo", "Rome", "Zürich", "Atlantis"], [-1, 0, 10, 20.0, 45.5, 80]


def meets(cells: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Whether a node with these cells, None for missing ones, meets a filter."""
    return all(_meets_part(cells, name, condition) for name, condition in given.items())


def _meets_part(cells: Mapping[str, Any], name: str, condition: Any) -> bool:
    if name == "and":
        return all(meets(cells, part) for part in condition)
    if name == "or":
        return any(meets(cells, part) for part in condition)
    if name == "not":
        return not meets(cells, condition)
    cell = cells[name]
    if cell is None:
        return False
    if isinstance(condition, dict):
        return all(COMPARE[bound](cell, limit) for bound, limit in condition.items())
    return cell in (condition if isinstance(condition, list) else [condition])


def _conditions() -> st.SearchStrategy[dict[str, Any]]:
    cities, ages, booleans = st.sampled_from(CITIES), st.sampled_from(AGES), st.booleans()
    bounds = st.fixed_dictionaries({}, optional=dict.fromkeys(COMPARE, ages))
    many = st.lists(st.integers(-5, 90), min_size=51, max_size=60, unique=True)  # more than are compared one by one
    return st.fixed_dictionaries(
        {},
        optional={
            "city": cities | st.lists(cities) | st.just({}),
            "age": ages | st.lists(ages) | many | bounds,
            "member": booleans | st.lists(booleans) | st.just({}),
        },
    )


def _combined(parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(parts, max_size=3)
    combined = st.fixed_dictionaries({}, optional={"and": several, "or": several, "not": parts})
    return st.builds(lambda conditions, others: {**conditions, **others}, _conditions(), combined)


FILTERS = st.recursive(_conditions(), _combined, max_leaves=8)
"""Filters of the columns of `Small.with_columns`."""
