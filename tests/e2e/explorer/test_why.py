"""Explanations."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.explorer.pages import as_shown, ask, heading, visit
from tests.e2e.service import Service


def bars(page: Page, side: int, label: str) -> list[tuple[str, str]]:
    """Names and values in the list under `label`, on one side of the explanation."""
    rows = page.locator("dialog section").nth(side).locator(f"h3:text-is('{label}') + ul > li .row")
    texts = [row.locator("> span:not(.bar)").all_text_contents() for row in rows.all() if row.is_visible()]
    return [(name, value) for name, value in texts]


def signed(value: float) -> str:
    """How a contribution is written."""
    return f"{'−' if value < 0 else '+'}{abs(value):.4f}"


def as_bars(parts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """How contributions of nodes are written."""
    return [(as_shown(part["node"]), signed(part["contribution"])) for part in parts]


def test_an_explanation_is_drawn_as_bars(page: Page, service: Service) -> None:
    """The button opens the API's explanation, from both ends; Escape leads back to the button, and the link opens it again."""
    visit(page, service, model="explained", node="n0")
    button = page.get_by_role("button", name="Why ").first
    button.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("h1")).to_be_focused()
    best = ask(service, "neighbors", "explained", node="n0", k=1)["neighbors"][0]["node"]
    answer = ask(service, "explanation", "explained", source="n0", target=best)
    for side, part in enumerate(answer["sides"]):
        assert bars(page, side, "Largest contributions") == as_bars(part["others"])
        whole = dict(bars(page, side, "In all"))
        assert whole["logit"] == signed(answer["logit"])
        assert whole["all other nodes"] == signed(part["rest"])
        assert whole[f"{part['node']} itself"] == signed(part["self"]["contribution"])
    expect(dialog).to_contain_text(f"Common neighbours: {answer['common_neighbors']['count']}")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    expect(page).not_to_have_url(re.compile("why="))
    visit(page, service, model="explained", view="pair", source="n0", target=best, why=best)
    expect(dialog.locator("h1")).to_have_text(f"Why n0 – {best}?")


def test_features_stand_below_their_node(page: Page, service: Service) -> None:
    """A row unfolds into its features, their rest and the learned embedding; a link leads to the node, out of the dialog."""
    visit(page, service, model="explained", node="n0", why="n1")
    own = ask(service, "explanation", "explained", source="n0", target="n1")["sides"][0]["self"]
    page.locator("summary", has_text="n0 itself").click()
    listed = page.locator("details[open] .bars .number").all_text_contents()
    parts = [feature["contribution"] for feature in own["features"]] + [own["rest"], own["bias"]]
    assert listed == [signed(part) for part in parts if part is not None]
    page.locator("details[open]").get_by_role("link", name="n0").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(heading(page)).to_be_focused()


def test_an_encoder_without_sums_leaves_links_out(page: Page, service: Service) -> None:
    """Of a gcn each bar is a fall of the logit, without a sum."""
    visit(page, service, model="convolved", node="n0", why="n1")
    answer = ask(service, "explanation", "convolved", source="n0", target="n1")
    expect(page.get_by_role("dialog")).to_contain_text("The falls do not add up")
    assert bars(page, 0, "Without the link to") == as_bars(answer["sides"][0]["others"])
    assert bars(page, 0, "In all") == []


def test_a_model_without_explanations_is_reported(page: Page, service: Service) -> None:
    """With a text of the page, and with the API's."""
    visit(page, service, model="features", node="n0", why="n1")
    expect(page.get_by_role("dialog").locator("h1")).to_have_text("This model can't explain its scores")
    visit(page, service, model="features", view="model")
    expect(page.locator(".warning").first).to_contain_text("learned from features, not from links")


def test_the_parts_of_a_logit_are_drawn_as_bars(page: Page, service: Service) -> None:
    """Above the sides, which add up to the encoder's part; each common neighbour has a share."""
    visit(page, service, model="parts", node="n1", why="n2")
    answer = ask(service, "explanation", "parts", source="n1", target="n2")
    expect(page.get_by_role("dialog").get_by_text("Parts of the logit")).to_be_visible()
    parts = bars(page, 0, "Parts of the logit")
    values = [*answer["parts"].values(), answer["logit"]]
    assert [value for _, value in parts] == [signed(value) for value in values]
    assert dict(bars(page, 1, "In all"))["encoder's part"] == signed(answer["parts"]["dense"])
    common = answer["common_neighbors"]
    assert bars(page, 3, "What each adds") == [
        (as_shown(node), signed(value)) for node, value in zip(common["nodes"], common["contributions"], strict=True)
    ]
