"""The page of a model, and the choice between models."""

from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from tests.e2e.explorer.pages import ask, heading, visit
from tests.e2e.service import Service


def test_the_card_shows_metrics_beside_heuristics(page: Page, service: Service) -> None:
    """The best of each column is marked, whoever it is, and the curve is drawn."""
    visit(page, service, view="model")
    expect(heading(page)).to_have_text("people")
    assert page.locator("td.best").all_text_contents() == ["0.912", "0.950"]
    assert page.locator("tbody th").all_text_contents() == ["this model", "common neighbors", "adamic adar"]
    expect(page.locator(".plot polyline:not(.guide)")).to_have_count(3)


def test_one_switches_between_models_and_versions(page: Page, service: Service, store: Path) -> None:
    """The default comes first; another model answers once it is chosen, and so does a version that nobody has opened yet."""
    visit(page, service, node="Ada")
    choice = page.get_by_label("Model", exact=True)
    expect(choice).to_have_value("people")
    choice.select_option("others")
    expect(page.locator(".facts")).to_contain_text("others")
    assert {"model=others", "node=Ada"} == set(page.url.partition("#")[2].split("&"))
    old = f"people@{min(path.name for path in (store / 'people').glob('2*'))}"
    choice.select_option(old)
    expect(page.locator(".facts").first).to_contain_text("people")
    assert {f"model={old.replace('@', '%40')}", "node=Ada"} == set(page.url.partition("#")[2].split("&"))
    predicted = httpx.get(f"{service.url}/v1/models/{old}/neighbors", params={"node": "Ada", "k": 10}).json()
    expect(page.locator(".number").first).to_have_text(f"{100 * predicted['neighbors'][0]['probability']:.1f} %")


def test_reliability_is_drawn(page: Page, service: Service) -> None:
    """Beside the diagonal a line through every bin that holds pairs, raw and calibrated, and the errors in words."""
    visit(page, service, model="explained", view="model")
    balanced = ask(service, "", "explained")["calibration"]["balanced"]
    plot = page.locator(".plot").first
    for kind, stage in (("known", "before"), ("predicted", "after")):
        points = plot.locator(f"polyline.{kind}").get_attribute("points") or ""
        assert len(points.split()) == sum(p is not None for p in balanced[stage]["predicted"])
    error = f"{100 * balanced['after']['ece']:.1f} %"
    expect(plot.get_by_role("img", name=f"Calibration error {error}")).to_be_visible()
