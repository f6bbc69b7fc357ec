"""The explorer and models of directed links and of typed nodes."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.explorer.pages import visit
from tests.e2e.service import Service, running_service
from tests.support import Small


@pytest.fixture(scope="module")
def roles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of a directed model and of a typed one."""
    store = tmp_path_factory.mktemp("roles")
    Small.directed().publish(store, "directed")
    Small.typed().publish(store, "typed")
    with running_service(store, LATENTLINK_DEFAULT_MODEL="directed") as service:
        yield service


def test_a_logit_has_the_direction_of_the_link(page: Page, roles: Service) -> None:
    """It is of a link from the first node to the second."""
    visit(page, roles, view="pair", model="directed", source="a", target="b")
    expect(page.locator(".result")).to_contain_text("of a link from the first to the second")


@pytest.mark.parametrize("model", ["directed", "typed"])
def test_a_node_has_its_page(page: Page, roles: Service, model: str) -> None:
    """Also where several types have the ids of known neighbours."""
    visit(page, roles, model=model, node="a")
    expect(page.get_by_role("heading", name="Likely next")).to_be_visible()
    expect(page.get_by_role("heading", name="Known links")).to_be_visible()
