"""Filters against an oracle that goes from cell to cell."""

from typing import Any, cast

import pytest
from hypothesis import given, settings

from latentlink.app.errors import InvalidRequestError, UnsupportedByModelError
from latentlink.app.schemas.filters import DEEPEST, MOST_CONDITIONS, Filter
from latentlink.app.services.filters import allowed_by, filter_work
from latentlink.models.graph.filter_columns import FilterColumns
from latentlink.models.steps import finished
from tests.app.filters import FILTERS, meets
from tests.support import Small


def met_by(columns: FilterColumns, given: dict[str, Any]) -> list[bool]:
    """Whether each of 60 nodes meets a filter."""
    return cast(list[bool], finished(allowed_by(columns, Filter.model_validate(given), 60)).tolist())


SMALL = Small.random().with_columns()
CELLS = SMALL.cells()
ROME = {"city": "Rome"}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(FILTERS)
def test_any_filter_allows_the_nodes_that_meet_it(given: dict[str, Any]) -> None:
    """Every combination of conditions on texts, numbers and booleans, with missing cells."""
    assert filter_work(SMALL.columns, Filter.model_validate(given), 60) >= 60
    assert met_by(SMALL.columns, given) == [meets(cells, given) for cells in CELLS]


def test_a_filter_is_evaluated_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of some rows at a time, and a step for each condition on them; together they are the whole."""
    monkeypatch.setattr("latentlink.app.services.filters._AT_ONCE", 25)
    given = {"city": "Rome", "or": [{"age": {"gte": 40}}, {"not": {"member": True}}]}
    steps = allowed_by(SMALL.columns, Filter.model_validate(given), 60)
    assert len([*steps]) == 3 * 3
    assert met_by(SMALL.columns, given) == [meets(cells, given) for cells in CELLS]


@pytest.mark.parametrize(
    ("given", "each"),
    [
        ({}, 1),
        ({"city": ["Rome", "Oslo"], "member": True}, 1 + 4 + 4),
        ({"age": {"gte": 1, "lt": 2}, "city": {}}, 1 + 8 + 4),
        ({"age": [1, 2, 3]}, 1 + 6),
        ({"age": list(range(1000))}, 1 + 25 * 10),
        ({"and": [{"city": "Rome"}, {}], "not": {"or": [{}]}}, 5 + 4),
    ],
)
def test_the_work_of_a_filter_is_a_sum(given: dict[str, Any], each: int) -> None:
    """For each node one operation a filter, four a comparison, two a number of a few; many are searched in their order."""
    assert filter_work(SMALL.columns, Filter.model_validate(given), 60) == 60 * each


def test_a_missing_cell_meets_only_negations() -> None:
    """Node 0 has no city, so none equals it; and a range without bounds is met by all others."""
    unmet: list[dict[str, Any]] = [ROME, {"city": {}}, {"not": {"not": ROME}}]
    for one in unmet:
        assert not met_by(SMALL.columns, one)[0]
    for name in SMALL.columns:
        assert met_by(SMALL.columns, {"not": {name: {}}}) == [row % 5 == 0 for row in range(60)]


def test_booleans_may_be_written_as_numbers() -> None:
    """As the table may have them."""
    expected = [cells["member"] is True for cells in CELLS]
    assert any(expected)
    assert met_by(SMALL.columns, {"member": True}) == met_by(SMALL.columns, {"member": 1}) == expected


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"town": "Rome"}, "filter.town"),
        ({"and": [{}, {"not": {"City": "Rome"}}]}, "filter.and.1.not.City"),
        ({"city": 7}, "filter.city"),
        ({"city": True}, "filter.city"),
        ({"city": ["Rome", 7]}, "filter.city"),
        ({"city": {"gte": 7}}, "filter.city"),
        ({"age": "7"}, "filter.age"),
        ({"age": [True]}, "filter.age"),
        ({"member": "true"}, "filter.member"),
        ({"member": 2}, "filter.member"),
        ({"or": [{"member": {"lt": 1}}]}, "filter.or.0.member"),
        ({"or": [ROME] * (MOST_CONDITIONS // 2)}, "filter"),
        ({"or": [{}] * MOST_CONDITIONS}, "filter"),
        ({str(at): 1 for at in range(MOST_CONDITIONS)}, "filter"),
    ],
)
def test_conditions_that_columns_cannot_meet_are_refused(given: dict[str, Any], field: str) -> None:
    """The error names the condition by its place."""
    with pytest.raises(InvalidRequestError) as error:
        filter_work(SMALL.columns, Filter.model_validate(given), 60)
    assert [one.field for one in error.value.errors] == [field]
    assert (field == "filter") == ("filter: expected at most 100 conditions and filters" in str(error.value))


def test_a_filter_may_have_as_many_conditions_as_the_limit() -> None:
    """With itself and the filters in it, of which those that are null are none."""
    given = {"or": [ROME] * (MOST_CONDITIONS // 2 - 1), "city": "Rome", "and": None, "not": None}
    assert filter_work(SMALL.columns, Filter.model_validate(given), 60)


def test_a_number_is_shown_as_it_was_given() -> None:
    """With all of its digits."""
    for value, shown in ((123456789012, "123456789012"), (0.1, "0.1"), (True, "true")):
        with pytest.raises(InvalidRequestError, match=f"found {shown}$"):
            filter_work(SMALL.columns, Filter.model_validate({"city": value}), 60)


def test_an_unknown_column_has_the_close_or_all_known_ones() -> None:
    """So that a client finds the right one."""
    for one, named in (({"cty": 1}, "'city'"), ({"x": 1}, "'city', 'age', 'member'")):
        with pytest.raises(InvalidRequestError, match=named):
            filter_work(SMALL.columns, Filter.model_validate(one), 60)


def test_a_filter_is_only_so_deep() -> None:
    """As deep as the limit it is answered, one deeper not."""
    given: dict[str, Any] = ROME
    for _ in range(DEEPEST - 1):
        given = {"not": given}
    assert filter_work(SMALL.columns, Filter.model_validate(given), 60)
    with pytest.raises(InvalidRequestError, match="at most 10 deep"):
        filter_work(SMALL.columns, Filter.model_validate({"and": [given]}), 60)


def test_a_model_without_columns_has_no_filters() -> None:
    """But one without conditions allows all nodes."""
    with pytest.raises(UnsupportedByModelError, match="train with --filter-columns"):
        filter_work({}, Filter.model_validate(ROME), 60)
    assert filter_work({}, Filter(), 60)
    assert met_by({}, {}) == [True] * 60
