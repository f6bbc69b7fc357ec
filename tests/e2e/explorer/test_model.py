"""The page of a model, and the choice between models."""

import json
from pathlib import Path
from urllib.parse import parse_qs

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import opened
from tests.e2e.explorer.pages import heading, small, visit
from tests.e2e.service import Service, running_service
from tests.support import RELIABILITY


def test_the_card_shows_metrics_beside_heuristics(page: Page, service: Service) -> None:
    """The best of each column is marked, whoever it is, and the curve is drawn."""
    visit(page, service, view="model")
    expect(heading(page)).to_have_text("people")
    assert page.locator("td.best").all_text_contents() == ["0.912", "0.950"]
    assert page.locator("tbody th").all_text_contents() == ["this model", "common neighbors", "adamic adar"]
    expect(page.locator(".plot polyline:not(.guide)")).to_have_count(3)


def test_a_heuristic_that_is_ahead_is_named_with_its_metric(page: Page, tmp_path: Path) -> None:
    """On the first page and in the card, also where it is ahead on the ranking alone, with the reason."""
    metrics = {
        "test": {"ap": 0.9, "full_mrr": 0.1, "full_hits@10": 0.5},
        "baselines": {"adamic_adar": {"ap": 0.8, "full_mrr": 0.2, "full_hits@10": 0.5}},
    }
    small().publish(tmp_path, metrics=metrics)
    with running_service(tmp_path) as own:
        for place in ({}, {"view": "model"}):
            visit(page, own, **place)
            expect(page.locator("p.warning").first).to_contain_text(
                "beat this model: full MRR (adamic adar). Links of this graph"
            )
        visit(page, own)
        quality = page.locator("section.card").filter(has_text="Quality").locator("td")
        expect(quality).to_have_text(["0.900", "0.800", "0.100", "0.200"])


def test_metrics_fit_a_phone(browser: Browser, tmp_path: Path) -> None:
    """At 360 pixels no column of a whole evaluation is cut off, with the longest name of a heuristic; two are left out."""
    test = dict.fromkeys(("auc", "ap", "hits@10", "hits@50", "hits@100", "mrr", "full_mrr", "full_hits@10"), 0.912)
    small().publish(tmp_path, metrics={"test": test, "baselines": {"preferential_attachment": test}})
    with running_service(tmp_path) as own, opened(browser, viewport={"width": 360, "height": 740}) as page:
        visit(page, own, view="model")
        expect(page.locator("thead th:visible")).to_have_count(7)
        region = page.get_by_role("region", name="Metrics")
        assert region.evaluate("region => region.scrollWidth - region.clientWidth") == 0


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
    predicted = httpx2.get(f"{service.url}/v1/models/{old}/neighbors", params={"node": "Ada", "k": 10}).json()
    expect(page.locator(".number").first).to_have_text(f"{100 * predicted['neighbors'][0]['probability']:.1f} %")


@pytest.mark.parametrize("edges", [100, 99])
def test_reliability_is_drawn_of_enough_links(page: Page, tmp_path: Path, edges: int) -> None:
    """Bins of ten and more pairs beside the diagonal, the error and the best pairs in words; of a smaller test only words."""
    bins = {"predicted": [0.2, None, 0.5, 0.8], "observed": [0.1, None, 0.5, 0.9], "weight": [0.5, 0.0, 0.045, 0.455]}
    reliability = {"ece": 0.018, "brier": 0.2, **bins}
    balanced = {"before": reliability, "after": reliability, "noise_floor": 0.01}
    calibration = {**RELIABILITY, "balanced": balanced, "slope": 1.0, "intercept": 0.0, "prior": 0.01}
    calibration["top"] = [{"pairs": 100, "expected": 4.96, "found": 6}]
    training = {"epoch": 1, "split": {"train": 800, "validation": 50, "test": edges}}
    small().publish(tmp_path, calibration=calibration, training=training)
    with running_service(tmp_path) as own:
        visit(page, own, view="model")
        card = page.locator("section.card").filter(has_text="Calibration error 1.8 %")
        expect(card.locator("p")).to_have_count(2 if edges == 100 else 3)
        expect(card).to_contain_text("Among the best 100 pairs, 5.0 test links were expected and 6 found.")
        lines = card.locator("polyline:not(.guide)").all()
        points = [line.get_attribute("points") or "" for line in lines]
        assert [len(at.split()) for at in points] == ([2, 2] if edges == 100 else [])


def test_the_most_likely_links_lead_to_their_pairs(page: Page, service: Service) -> None:
    """With a file of them to keep; a checkpoint without them has no such section."""
    best = small().best_links()
    source, target = (small().ids[rows[0]] for rows in (best.sources, best.targets))
    visit(page, service, view="model")
    card = page.locator("section.card").filter(has_text="Most likely missing links")
    expect(card.locator("li")).to_have_count(len(best.sources))
    with page.expect_download() as download:
        card.get_by_role("button").click()
    kept = json.loads(download.value.path().read_text("utf-8"))
    assert (kept[0]["source"], kept[0]["target"]) == (source, target)
    card.get_by_role("link").first.click()
    expect(page.locator(".result")).to_be_visible()
    place = parse_qs(page.url.partition("#")[2])
    assert (place["view"], place["source"], place["target"]) == (["pair"], [source], [target])
