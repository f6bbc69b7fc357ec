"""From the first page to a node: the graph, its models, and the search."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.explorer.pages import as_shown, ask, heading, small, visit
from tests.e2e.service import Service, running_service
from tests.support import eventually


def test_a_search_by_keyboard_leads_to_a_node(page: Page, service: Service) -> None:
    """Letters bring ids, the arrow takes the second, Enter opens it, and the focus is on its name; the back button returns."""
    visit(page, service)
    field = page.get_by_role("combobox", name="Node")
    field.press_sequentially("al")
    options = page.get_by_role("listbox", name="Nodes").get_by_role("option")
    expect(options).to_have_text(ask(service, "nodes", contains="al")["nodes"])
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("ArrowDown")
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    field.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    field.press("Enter")
    expect(heading(page)).to_have_text("Alonzo")
    expect(heading(page)).to_be_focused()
    expect(options).to_have_count(0)
    page.go_back()
    expect(heading(page)).to_have_text("Who will link to whom next?")


def test_an_unknown_node_leads_to_those_that_may_be_meant(page: Page, service: Service) -> None:
    """A typo comes with a link to what was meant."""
    visit(page, service, node="Alonso")
    expect(heading(page)).to_have_text('No node "Alonso"')
    page.get_by_role("link", name="Alonzo").click()
    expect(heading(page)).to_have_text("Alonzo")


@pytest.mark.parametrize(
    ("typed", "found"),
    [("ALAN", "Alan"), (" alonzo ", "Alonzo"), ("n1", "n1"), ("udE", "Claude"), ("?c#", "a/b?c#d=e")],
)
def test_enter_opens_the_node_that_was_meant(page: Page, service: Service, typed: str, found: str) -> None:
    """The same id in another case or with blanks around it, though others begin with it; or the only one with that part."""
    visit(page, service)
    field = page.get_by_role("combobox", name="Node")
    field.fill(typed)
    field.press("Enter")
    expect(heading(page)).to_have_text(found)
    expect(field).to_have_value(found)


def test_enter_lists_the_nodes_that_may_be_meant(page: Page, service: Service) -> None:
    """Those with that part in their name, first those that begin with it, under an address of their own."""
    visit(page, service)
    page.get_by_role("combobox", name="Node").fill("AL")
    page.keyboard.press("Enter")
    expect(page.locator("main .chips a")).to_have_text(["Alan", "Alonzo", "Ünal & Söhne"])
    expect(page).to_have_url(re.compile("#find=AL$"))


@pytest.mark.parametrize("key", ["Backspace", "Tab"])
def test_a_search_without_a_find_keeps_the_map(page: Page, service: Service, key: str) -> None:
    """The unknown name is told beside the search, until somebody types on or leaves it; the map and its address stay."""
    visit(page, service, view="map")
    field = page.get_by_role("combobox", name="Node")
    field.fill("nobody")
    field.press("Enter")
    told = page.get_by_role("search").get_by_text("No node “nobody”")
    expect(told).to_be_visible()
    expect(page.locator("canvas")).to_be_visible()
    expect(page).to_have_url(re.compile("#view=map$"))
    field.press(key)
    expect(told).to_have_count(0)


def test_home_shows_the_graph(page: Page, service: Service) -> None:
    """Its size, the hubs with their links, and the model's quality beside that of the best heuristic."""
    facts = ask(service, "")
    visit(page, service)
    expect(page.locator("main dd").first).to_have_text(str(facts["counts"]["nodes"]))
    most = page.locator("section.card").filter(has_text="Most linked").locator("tr")
    expect(most).to_have_text([f"{as_shown(hub['node'])}{hub['degree']}" for hub in facts["hubs"]])
    quality = page.locator("section.card").filter(has_text="Quality").locator("td")
    expect(quality).to_have_text(["0.903", "0.950"])
    most.nth(2).get_by_role("link").click()
    expect(heading(page)).to_have_text(as_shown(facts["hubs"][2]["node"]))


def test_home_says_how_links_were_held_out(page: Page, tmp_path: Path) -> None:
    """Beside the test AP, as the model card does: at random, by time or by a given split.

    Notes stand there as well, but for advice to who trains, which is on the model's page alone.
    """
    note = "'value' is not used; if it holds weights, pass --weight value."
    caveat = "A random split flatters the model."
    small().publish(tmp_path, "random", training={"notes": [note, caveat]})
    small().publish(tmp_path, "timed", config={"time_column": "year"})
    small().publish(tmp_path, "given", training={"split_given": True})
    quality = page.locator("section.card").filter(has_text="Quality")
    with running_service(tmp_path) as own:
        for model, held_out in (
            ("random", "at random"),
            ("timed", "by year, the latest,"),
            ("given", "by a given split"),
        ):
            visit(page, own, model=model)
            expect(quality).to_contain_text(f"links held out {held_out} and")
            expect(page.get_by_text(note)).to_have_count(0)
            expect(quality.get_by_text(caveat)).to_have_count(int(model == "random"))
        visit(page, own, view="model", model="random")
        expect(page.get_by_text(note)).to_be_visible()


def test_models_that_can_not_be_loaded_are_shown(page: Page, tmp_path: Path) -> None:
    """With their reasons, on the first page and in the choice at the top, where nobody can choose them; no other answers."""
    paths = [tmp_path / name / small().publish(tmp_path, name) for name in ("one", "two")]
    for path in paths:
        (path / "nodes.safetensors").write_bytes(b"")
    with running_service(tmp_path, path="/healthz") as own:
        visit(page, own)
        expect(heading(page)).to_have_text("No model can be loaded")
        for path in paths:
            expect(page.locator("main")).to_contain_text(f"{path.parent.name}: {path}/nodes.safetensors")
        small().publish(tmp_path, "two")
        eventually(lambda: len(own.get("/v1/models").json()["models"]) == 1)
        page.reload()
        expect(heading(page)).to_have_text("Choose a model")
        expect(page.locator("main tbody a")).to_have_text(["two"])
        expect(page.locator("main tbody tr.quiet")).to_contain_text(f"{paths[0]}/nodes.safetensors")
        disabled = page.get_by_label("Model", exact=True).locator("option:disabled")
        expect(disabled).to_have_text(re.compile("^one: nodes.safetensors: expected"))


def test_of_several_models_one_is_chosen(page: Page, tmp_path: Path) -> None:
    """Without a default all are listed, no request fails, and each leads to the same place in it."""
    for name in ("one", "two"):
        small().publish(tmp_path, name)
    refused: list[str] = []
    page.on("response", lambda response: refused.append(response.url) if response.status >= 400 else None)
    with running_service(tmp_path) as own:
        visit(page, own, node="Ada")
        expect(heading(page)).to_have_text("Choose a model")
        expect(page.locator("main tbody a")).to_have_text(["one", "two"])
        page.get_by_role("link", name="two").click()
        expect(heading(page)).to_have_text("Ada")
        expect(page.get_by_label("Model", exact=True)).to_have_value("two")
    assert refused == []


def test_many_models_are_narrowed_by_a_part_of_the_name(page: Page, tmp_path: Path) -> None:
    """They come in pages of the API and are all in the list; those that match are shown while one types."""
    names = [f"model-{number:02}" for number in range(21)]
    for name in names:
        small().publish(tmp_path, name)
    with running_service(tmp_path, LATENTLINK_MAX_OPEN_MODELS="2") as own:
        page.route(re.compile(r"/v1/models(\?after=[^&]*)?$"), lambda route: route.continue_(url=_in_pages(route)))
        visit(page, own)
        expect(page.locator("main tbody a")).to_have_text(names)
        page.get_by_label("Part of a model's name").fill("L-1")
        expect(page.locator("main tbody a")).to_have_text(names[10:20])
        page.get_by_role("link", name="model-13").click()
        expect(page.get_by_label("Model", exact=True)).to_have_value("model-13")


def _in_pages(route: Route) -> str:
    """The address of a request for models, five at a time."""
    url = route.request.url
    return f"{url}{'&' if '?' in url else '?'}limit=5"
