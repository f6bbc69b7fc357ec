"""The page as a whole: themes, errors, keys, sizes, and names that are anything."""

from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import opened
from tests.e2e.explorer.pages import HOSTILE, IDS, as_shown, ask, heading, percents, small, visit
from tests.e2e.service import Service, running_service
from tests.support import eventually


def test_dark_follows_the_system_until_the_user_chooses(browser: Browser, service: Service) -> None:
    """The background follows the system, then the button, and the button is remembered."""
    with opened(browser, color_scheme="dark") as page:
        visit(page, service)
        colour = "() => getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(colour) == "rgb(20, 23, 28)"
        page.get_by_role("button", name="Switch to light").click()
        assert page.evaluate(colour) == "rgb(245, 246, 248)"
        page.reload()
        assert page.evaluate(colour) == "rgb(245, 246, 248)"


def test_any_name_is_only_text(page: Page, service: Service) -> None:
    """A name that is markup, an address, or nothing at all is read, never run, in every view."""
    for node in IDS[5:10]:
        visit(page, service, node=node)
        expect(heading(page)).to_have_text(as_shown(node))
        visit(page, service, view="pair", source=node, target="Ada")
        expect(page.locator(".result a").first).to_have_text(as_shown(node))
        visit(page, service, view="map", node=node)
        expect(heading(page)).to_have_text(as_shown(node))
        visit(page, service, node="Ada", why=node)
        expect(page.get_by_role("dialog").locator("h1")).to_have_text(f"Why Ada – {as_shown(node)}?")
        assert page.locator("main img, dialog img").count() == 0
        assert "hacked" not in page.title().replace(HOSTILE, "")


def test_an_outage_is_shown_and_ends_by_itself(page: Page, service: Service) -> None:
    """Without an answer the page says so, and goes on as soon as there is one."""
    visit(page, service, node="Ada")
    expect(heading(page)).to_have_text("Ada")
    page.route("**/v1/**", lambda route: route.abort())
    page.locator(".ranked a").first.click()
    expect(heading(page)).to_have_text("The service can't be reached")
    page.unroute_all()
    expect(page.locator("figure svg")).to_be_visible()


def test_an_empty_store_is_shown_and_ends_by_itself(page: Page, service: Service) -> None:
    """Before the first checkpoint the page shows a command, and then the checkpoint as soon as it is published."""
    page.route("**/v1/models", lambda route: route.fulfill(json={"models": []}))
    visit(page, service, node="Ada")
    expect(heading(page)).to_have_text("No model yet")
    page.unroute_all()
    expect(heading(page)).to_have_text("Ada")


def test_the_page_fits_a_phone(browser: Browser, service: Service) -> None:
    """At 360 pixels no view is wider than the screen."""
    with opened(browser, viewport={"width": 360, "height": 740}) as page:
        wrong = {"view": "pair", "source": "Ada", "target": "Adda"}
        for place in ({}, {"find": "n"}, wrong, *({"view": view, "node": "Ada"} for view in ("node", "map", "model"))):
            page.goto("about:blank")  # so that nothing of the last view is left
            visit(page, service, **place)
            page.wait_for_selector("main h1")
            assert page.evaluate("() => document.documentElement.scrollWidth") <= 360, place
        visit(page, service, model="explained", node="n0", why="n1")
        dialog = page.get_by_role("dialog", name="Why n0 – n1?")
        expect(dialog).to_be_visible()
        assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth && dialog.offsetWidth <= 360")


def test_targets_fit_a_finger(browser: Browser, service: Service) -> None:
    """On a phone, links, buttons and fields have 44 pixels each way, but for links in text; one of a table fills its cell."""
    small_ones = """() => [...document.querySelectorAll('a, button, input, select, [role=option]')]
      .filter((target) => target.checkVisibility() && !target.closest('svg, .result > p'))
      .map((target) => [target.outerHTML, (target.closest('th') ?? target).getBoundingClientRect()])
      .filter(([, { width, height }]) => Math.min(width, height) < 44).map(([html]) => html)"""
    with opened(browser, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True) as page:
        pair = {"view": "pair", "source": "n1", "target": "Ada"}
        for place in (
            {"model": ""},
            {},
            {"find": "n"},
            pair,
            *({"view": view, "node": "Ada"} for view in ("node", "map")),
        ):
            visit(page, service, **place)
            page.wait_for_selector("main:not([aria-busy]) h1")
            assert page.evaluate(small_ones) == [], place
        page.locator("main tbody th").first.tap(position={"x": 150, "y": 40})
        expect(heading(page)).not_to_have_text("Ada")
        page.get_by_role("combobox", name="Node").fill("n1")
        expect(page.get_by_role("option").first).to_be_visible()
        assert page.evaluate(small_ones) == []


def test_a_swap_is_announced_on_the_open_page(page: Page, tmp_path: Path) -> None:
    """When the next look finds another version, the page announces it, once, and shows the new one's answers."""
    small().publish(tmp_path, "people")
    page.clock.install()
    with running_service(tmp_path) as own:
        visit(page, own, node="Ada")
        expect(page.locator("figure svg")).to_be_visible()
        before = percents(page)
        new = small(5).publish(tmp_path, "people")
        eventually(lambda: httpx2.get(f"{own.url}/v1/models").json()["models"][0]["current"] == new)
        page.clock.fast_forward(11_000)
        expect(page.get_by_role("status").filter(has_text="people was swapped")).to_be_visible()
        best = ask(own, "neighbors", node="Ada", k=1)["neighbors"][0]["probability"]
        expect(page.locator(".number").first).to_have_text(f"{100 * best:.1f} %")
        assert percents(page) != before
        page.get_by_role("link", name="Map", exact=True).click()
        expect(page.locator("canvas")).to_be_visible()
        expect(page.locator(".notice")).to_have_count(1)


def test_a_key_is_requested_and_kept_in_the_tab(browser: Browser, store: Path) -> None:
    """Without a key the page requests one, reports a wrong one, and a reload does not request it again."""
    with running_service(store, LATENTLINK_API_KEYS="secret") as closed, opened(browser) as page:
        visit(page, closed, model="people", node="Ada")
        expect(heading(page)).to_have_text("This service requires an API key")
        page.get_by_label("API key").fill("guess")
        page.get_by_role("button", name="Open").click()
        expect(heading(page)).to_have_text("The service does not know this key")
        page.get_by_label("API key").fill("secret")
        page.get_by_role("button", name="Open").click()
        expect(heading(page)).to_have_text("Ada")
        page.reload()
        expect(heading(page)).to_have_text("Ada")
        assert "secret" not in page.url + page.context.storage_state().__repr__()


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0003, "1 in 3,300"),
        (0.01, "1.0 %"),
        (0.4429, "44.3 %"),
        (0.99999, "> 99.9 %"),
        (1, "100.0 %"),
        (0, "0.0 %"),
        (1e-9, "< 1 in a million"),
    ],
)
def test_probabilities_are_written_as_people_read_them(page: Page, service: Service, p: float, text: str) -> None:
    """Small ones as one case in so many; none is rounded to certainty."""
    visit(page, service)
    script = "async (p) => (await import(new URL('static/dom.js', document.baseURI))).percent(p)"
    assert page.evaluate(script, p) == text


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        ((1 / 280, 0.993), "0.36 – 99.3 %"),
        ((1e-7, 0.9999), "< 0.01 – > 99.9 %"),
        ((0.25, 0.5), "25.0 – 50.0 %"),
        ((1 / 280, 1 / 110), "1 in 280 – 1 in 110"),
        ((1e-9, 0.001), "< 1 in a million – 1 in 1,000"),
    ],
)
def test_a_range_has_one_unit(page: Page, service: Service, ends: tuple[float, float], text: str) -> None:
    """Percent, unless both ends are one case in so many."""
    visit(page, service)
    script = "async (ends) => (await import(new URL('static/dom.js', document.baseURI))).range(ends)"
    assert page.evaluate(script, ends) == text


def test_no_view_asks_another_host(page: Page, service: Service) -> None:
    """Whatever is looked at, every request goes to the service."""
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    for view in ("node", "pair", "map", "model"):
        visit(page, service, view=view, model="explained", node="n0", source="n0", target="n1", why="n1")
        page.wait_for_selector("main h1")
        page.wait_for_selector("dialog h1")
    assert hosts == {service.url.removeprefix("http://")}
