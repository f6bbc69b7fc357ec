"""The page of a pair."""

from playwright.sync_api import Page, expect

from tests.e2e.explorer.pages import ask, visit
from tests.e2e.service import Service


def test_a_pair_is_scored_by_its_names(page: Page, service: Service) -> None:
    """Two names typed in give the API's probability, under an address that shows it again."""
    visit(page, service, view="pair")
    page.get_by_label("From", exact=True).fill("Ada")
    page.get_by_label("To", exact=True).fill("Claude")
    expect(page.get_by_role("option", name="Claude")).to_be_visible()
    page.get_by_label("To", exact=True).press("Escape")  # the suggestion covers the button
    page.get_by_role("button", name="Score").click()
    score = ask(service, "score", source="Ada", target="Claude")
    expect(page.locator("dd").first).to_have_text(f"{100 * score['probability']:.1f} %")
    expect(page.locator(".result")).to_contain_text(f"logit {score['logit']:.3f}")
    expect(page.locator(".result")).to_be_focused()
    assert {"source=Ada", "target=Claude"} < set(page.url.partition("#")[2].split("&"))


def test_a_typo_in_a_pair_is_shown_where_it_is(page: Page, service: Service) -> None:
    """Both names stay; the wrong one is marked and focused, and a suggestion in its place gives the score."""
    visit(page, service, view="pair")
    page.get_by_label("From", exact=True).fill("ada")
    page.get_by_label("To", exact=True).fill("Claudee")
    page.get_by_role("button", name="Score").click()
    wrong = page.get_by_label("To", exact=True)
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(wrong).to_be_focused()
    expect(wrong).to_have_value("Claudee")
    expect(page.get_by_label("From", exact=True)).to_have_value("Ada")
    expect(page.get_by_label("From", exact=True)).not_to_have_attribute("aria-invalid", "true")
    page.get_by_role("link", name="Claude").click()
    expect(page.locator(".result p").first).to_contain_text("Ada – Claude")


def test_a_calibrated_probability_leads(page: Page, service: Service) -> None:
    """Of a pair it alone is a figure; p and its range stand small beside it."""
    best = ask(service, "neighbors", "explained", node="n0", k=1, include="calibrated", interval=0.9)["neighbors"][0]
    visit(page, service, model="explained", view="pair", source="n0", target=best["node"])
    expect(page.locator(".result dd")).to_have_text([f"{100 * best['calibrated']:.1f} %"])
    expect(page.locator(".result .facts")).to_contain_text(f"p {100 * best['probability']:.1f} %, range ")
