"""The explorer and models of directed links, of typed nodes, and of links with relations."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.explorer.pages import ask, heading, names, visit
from tests.e2e.roles import Roles
from tests.e2e.service import Service, running_service
from tests.support import Small

SHARED = "n3"  # a user and an item


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of a directed model, of a typed one, and of one with relations."""
    store = tmp_path_factory.mktemp("roles")
    Small.directed().publish(store, "directed")
    Small.typed().publish(store, "typed")
    Small.relational().publish(store, "relational")
    return store


@pytest.fixture(scope="module")
def roles(store: Path) -> Iterator[Service]:
    """A service of them."""
    with running_service(store, LATENTLINK_DEFAULT_MODEL="directed") as service:
        yield service


def _contents(store: Path, name: str, relation: str | None = None) -> Roles:
    return Roles(store / name / (store / name / "CURRENT").read_text().strip(), relation)


def _shown(contents: Roles, rows: Iterable[int]) -> list[str]:
    """The ids of some nodes, invisible characters escaped."""
    escaped = {"\n": '"\\n"', "\x00": '"\\u0000"', " ": '" "'}
    return [escaped.get(contents.ids[row], contents.ids[row]) for row in rows]


def test_a_logit_has_the_direction_of_the_link(page: Page, roles: Service) -> None:
    """It is of a link from the first node to the second."""
    visit(page, roles, view="pair", model="directed", source="a", target="b")
    expect(page.locator(".result")).to_contain_text("of a link from the first to the second")


def test_links_out_and_in_are_counted_and_listed(page: Page, roles: Service, store: Path) -> None:
    """Of a directed model, each list with the likeliest link first."""
    contents = _contents(store, "directed")
    row = contents.ids.index("a")
    out = [other for source, other in contents.links if source == row]
    into = [other for other, target in contents.links if target == row]
    visit(page, roles, model="directed", node="a", k="100")
    expect(page.locator(".facts")).to_contain_text(f"{len(out)} known links out{len(into)} known links in")
    out.sort(key=lambda other: -contents.logit(row, other))
    into.sort(key=lambda other: -contents.logit(other, row))
    for title, rows in (("Known links out", out), ("Known links in", into)):
        assert names(page, title) == _shown(contents, rows)


def test_a_node_is_the_one_of_its_type(page: Page, roles: Service, store: Path) -> None:
    """Chosen among the suggestions for an id that several have; every node of its page carries its type."""
    visit(page, roles, model="typed")
    page.locator("#node").fill(SHARED)
    page.get_by_role("option", name=f"{SHARED} · item", exact=True).click()
    expect(heading(page)).to_have_text(f"{SHARED} · item")
    contents = _contents(store, "typed")
    row = next(r for r, node in enumerate(contents.ids) if (node, contents.type(r)) == (SHARED, "item"))
    best = contents.best(row, "out", known=False, kind=None, k=10)
    assert names(page, "Likely next") == [f"{contents.ids[other]} · {contents.type(other)}" for other, _ in best]
    linked = sorted((b for a, b in contents.links if a == row), key=lambda other: -contents.logit(row, other))
    assert names(page, "Known links") == [f"{contents.ids[other]} · {contents.type(other)}" for other in linked][:10]


def test_an_id_of_several_types_leads_to_each(page: Page, roles: Service) -> None:
    """An address without the type, and a search for the id, list the nodes that have it."""
    visit(page, roles, model="typed", node=SHARED)
    page.get_by_role("link", name=f"{SHARED} · item").click()
    expect(heading(page)).to_have_text(f"{SHARED} · item")
    page.locator("#node").fill(SHARED)
    page.locator("#node").press("Enter")
    page.locator(".chips").get_by_role("link", name=f"{SHARED} · user").click()
    expect(heading(page)).to_have_text(f"{SHARED} · user")


def test_an_id_of_another_type_leads_there(page: Page, roles: Service) -> None:
    """It is no typo, but a node of the type that has it."""
    visit(page, roles, model="typed", node="b", type="user")
    page.get_by_role("link", name="b · item").click()
    expect(heading(page)).to_have_text("b · item")


def test_the_ends_of_a_pair_have_types(page: Page, roles: Service) -> None:
    """An end that several types have is marked, and chosen below its name; the explanation is of these nodes."""
    visit(page, roles, view="pair", model="typed")
    page.get_by_label("From", exact=True).fill(SHARED)
    page.get_by_label("To", exact=True).fill("b")
    page.get_by_label("To", exact=True).press("Enter")
    expect(page.get_by_label("From", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("To", exact=True)).not_to_have_attribute("aria-invalid", "true")
    page.get_by_role("link", name=f"{SHARED} · user").click()
    score = ask(roles, "score", "typed", source=SHARED, source_type="user", target="b")
    expect(page.locator(".result")).to_contain_text(f"logit {score['logit']:.3f}")
    page.get_by_role("button", name="Why b · item?").click()
    expect(page.locator("dialog h2").first).to_have_text(f"Around {SHARED} · user")
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".result")).to_be_visible()


def test_the_map_lights_the_node_of_its_type(page: Page, roles: Service, store: Path) -> None:
    """Of two nodes with the id, the one in the address moves to the middle, where a click chooses it."""
    contents = _contents(store, "typed")
    first = f"{SHARED} · {(kind := contents.type(contents.ids.index(SHARED)))}"
    visit(page, roles, view="map", model="typed")
    for _ in range(9):
        page.get_by_role("button", name="Zoom in").click()
    visit(page, roles, view="map", model="typed", node=SHARED, type=str(kind))
    expect(heading(page)).to_have_text(first)
    page.get_by_role("link", name="Clear").click()
    expect(heading(page)).to_have_text("typed: 60 nodes")
    page.locator("canvas").click()
    expect(heading(page)).to_have_text(first)


def test_the_chosen_relation_stays(page: Page, roles: Service, store: Path) -> None:
    """The first one of the model until another is chosen; links, predictions and other pages are of that."""
    visit(page, roles, model="relational", node="a")
    for relation in ("likes", "knows"):
        contents = _contents(store, "relational", relation)
        best = contents.best(contents.ids.index("a"), "out", known=False, kind=None, k=10)
        expect(page.locator("#relation")).to_have_value(relation)
        links = (
            page.locator("section.card").filter(has=page.get_by_role("heading", name="Likely next")).locator("tbody a")
        )
        expect(links).to_have_text(_shown(contents, (other for other, _ in best)))
        linked = [b for a, b in contents.links if a == contents.ids.index("a")]
        assert sorted(names(page, "Known links out")) == sorted(_shown(contents, linked))
        page.locator("#relation").select_option("knows")
    page.get_by_role("link", name="Score a pair with it").click()
    page.get_by_label("To", exact=True).fill("b")
    page.get_by_label("To", exact=True).press("Enter")
    score = ask(roles, "score", "relational", source="a", target="b", relation="knows")
    expect(page.locator(".result")).to_contain_text(f"logit {score['logit']:.3f}")


def test_models_without_relations_offer_none(page: Page, roles: Service) -> None:
    """The choice of another model drops the relation, too."""
    visit(page, roles, model="relational", node="a", relation="knows")
    expect(page.locator("#relation")).to_be_visible()
    page.locator("#model").select_option("directed")
    expect(heading(page)).to_have_text("a")
    expect(page.locator("#relation")).to_be_hidden()
