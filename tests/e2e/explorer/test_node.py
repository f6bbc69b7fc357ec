"""The page of a node: its links, its predictions, and what is known of each."""

from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from tests.e2e.explorer.pages import as_shown, ask, heading, names, percents, visit
from tests.e2e.service import Service


def test_a_node_is_shown_with_the_facts_of_the_api(page: Page, service: Service) -> None:
    """Predicted neighbours in order with their probabilities, known links, degree, model and version; and a picture."""
    visit(page, service, node="Ada")
    page.wait_for_selector("figure svg")
    predicted, node = ask(service, "neighbors", node="Ada", k=10), ask(service, "node", node="Ada", limit=100)
    assert names(page, "Likely next") == [as_shown(neighbor["node"]) for neighbor in predicted["neighbors"]]
    assert percents(page) == [f"{100 * neighbor['probability']:.1f} %" for neighbor in predicted["neighbors"]]
    assert len(names(page, "Known links")) == min(10, node["degree"])
    expect(page.locator(".facts")).to_contain_text(f"{node['degree']} known links")
    expect(page.get_by_text(f"10 of {node['degree']} links.")).to_be_visible()
    drawn = page.locator("figure svg a")
    expect(drawn).to_have_count(len(predicted["neighbors"]) + min(12, node["degree"]))


def test_links_lead_from_node_to_node_and_back(page: Page, service: Service) -> None:
    """A click in the list or the picture opens the neighbour under an address of its own; the back button returns."""
    visit(page, service, node="Alan")
    first = ask(service, "neighbors", node="Alan", k=1)["neighbors"][0]["node"]
    page.locator(".ranked a").first.click()
    expect(heading(page)).not_to_have_text("Alan")
    assert page.url.endswith(urlencode({"node": first}))
    page.go_back()
    expect(heading(page)).to_have_text("Alan")
    page.locator("figure svg a text").last.click()
    expect(heading(page)).not_to_have_text("Alan")


def test_a_score_has_the_annotations_of_the_model(page: Page, service: Service) -> None:
    """Calibrated values and intervals of a variational model are the API's; other models have none."""
    queries: list[str] = []
    page.on("request", lambda request: queries.append(request.url))
    visit(page, service, node="Ada")
    expect(heading(page)).to_have_text("Ada")
    assert not any("interval" in query or "calibrated" in query for query in queries)
    visit(page, service, model="explained", node="n0")
    expect(heading(page)).to_have_text("n0")
    best = ask(service, "neighbors", "explained", node="n0", k=1, include="calibrated", interval=0.9)["neighbors"][0]
    cells = page.locator(".ranked").first.locator("tbody tr").first.locator("td")
    low, high = best["interval"]["probability"]
    calibrated, p = (f"{100 * best[name]:.1f} %" for name in ("calibrated", "probability"))
    expect(cells.nth(1)).to_have_text(f"{calibrated}p {p}{100 * low:.1f} – {100 * high:.1f} %")


def test_a_score_has_its_local_evidence(page: Page, service: Service) -> None:
    """In words, for each prediction and for a pair: the distance of the ends, and whether one has few links."""
    found = ask(service, "neighbors", "explained", node="n0", k=10, include="support")["neighbors"]
    visit(page, service, model="explained", node="n0")
    evidence = page.locator(".ranked").first.locator("tbody th small")
    expect(evidence).to_have_text([_behind(entry["support"]) for entry in found])
    visit(page, service, model="explained", view="pair", source="n0", target=found[0]["node"])
    expect(page.locator(".result .facts")).to_contain_text(_behind(found[0]["support"]))


def _behind(support: dict[str, Any]) -> str:
    apart = "far away" if support["same_component"] else "not connected"
    steps = apart if support["distance"] is None else f"{support['distance']} steps away"
    return steps + (", few links" if support["cold_start"] else "")
