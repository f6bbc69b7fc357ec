"""The explorer in a browser, over a service of its own; its contents are compared with the API's answers."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.app.trained import publish_trained
from tests.e2e.browser import CHROMIUM, DEMANDED, WHY_NOT, chromium, opened
from tests.e2e.service import Service, running_service
from tests.support import Small, eventually

pytestmark = pytest.mark.skipif(CHROMIUM is None and not DEMANDED, reason=WHY_NOT)

HOSTILE = "<img src=x onerror=\"document.title='hacked'\">"
IDS = ("Ada", "Alan", "Alonzo", "Barbara", "Claude", HOSTILE, "Ünal & Söhne", "a/b?c#d=e", "", "\u202etxt", "Kurt")
METRICS = {
    "test": {"auc": 0.912, "ap": 0.903},
    "baselines": {"common_neighbors": {"auc": 0.801, "ap": 0.95}, "adamic_adar": {"auc": 0.822, "ap": 0.811}},
}
CURVE = {"loss": [1.5, 1.25, 1.0], "validation_auc": [None, 0.8, 0.9], "validation_ap": [None, 0.7, 0.85]}


def small(seed: int = 0) -> Small:
    """Forty nodes, every third pair of them linked."""
    random = np.random.default_rng(seed)
    edges = np.stack(np.triu_indices(40, 1), axis=1)[::3]
    return Small(
        random.normal(0, 0.7, (40, 6)).astype(np.float32), edges, ids=(*IDS, *(f"n{i}" for i in range(40 - len(IDS))))
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up models `people`, in two versions, and `others`; and trained ones, with each kind of explanation and with none."""
    store = tmp_path_factory.mktemp("explored")
    small(1).publish(store, "people")
    small().publish(store, "people", metrics=METRICS, training={"epoch": 2, "curve": CURVE})
    small(2).publish(store, "others")
    publish_trained(store, "dense", "explained")
    publish_trained(store, "gcn", "convolved")
    publish_trained(store, "features alone", "features")
    return store


@pytest.fixture(scope="module")
def service(store: Path) -> Iterator[Service]:
    """A service over it."""
    with running_service(store, LATENTLINK_DEFAULT_MODEL="people") as service:
        yield service


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own for each test."""
    with opened(browser) as page:
        yield page


def visit(page: Page, service: Service, **place: str) -> None:
    """Follow a deep link."""
    page.goto(f"{service.url}/#{urlencode(place)}")


def ask(service: Service, path: str, model: str = "people", **query: str | float) -> dict[str, Any]:
    """The API's answer about a model."""
    answer: dict[str, Any] = httpx.get(f"{service.url}/v1/models/{model}/{path}".rstrip("/"), params=query).json()
    return answer


def as_shown(node: str) -> str:
    """The page's text for an id: invisible characters, and those that change the direction, are escaped."""
    return {"": '""', "\u202etxt": '"\\u202etxt"'}.get(node, node)


def heading(page: Page) -> Locator:
    """The heading of the present view."""
    return page.locator("main h1")


def names(page: Page, title: str) -> list[str]:
    """The names in the list under a heading, in order."""
    section = page.locator("section.card").filter(has=page.get_by_role("heading", name=title))
    return section.locator("tbody a").all_text_contents()


def percents(page: Page) -> list[str]:
    """The probabilities of the predicted neighbours."""
    return page.locator("section.card").filter(has_text="Likely next").locator(".number").all_text_contents()


def test_a_search_by_keyboard_leads_to_a_node(page: Page, service: Service) -> None:
    """Letters bring ids, the arrow takes the second, Enter opens it, and the focus is on its name; the back button returns."""
    visit(page, service)
    field = page.get_by_role("combobox", name="Node")
    field.press_sequentially("al")
    options = page.get_by_role("listbox", name="Nodes").get_by_role("option")
    expect(options).to_have_text(ask(service, "nodes", prefix="al")["nodes"])
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


def test_a_node_is_shown_with_the_facts_of_the_api(page: Page, service: Service) -> None:
    """Predicted neighbours in order with their probabilities, known links, degree, model and version; and a picture."""
    visit(page, service, node="Ada")
    page.wait_for_selector("figure svg")
    predicted, node = ask(service, "neighbors", node="Ada", k=10), ask(service, "node", node="Ada", limit=100)
    assert names(page, "Likely next") == [as_shown(neighbor["node"]) for neighbor in predicted["neighbors"]]
    assert percents(page) == [f"{100 * neighbor['probability']:.1f} %" for neighbor in predicted["neighbors"]]
    assert len(names(page, "Known links")) == min(10, node["degree"])
    expect(page.locator(".facts")).to_contain_text(f"{node['degree']} known links")
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


def test_an_unknown_node_leads_to_those_that_may_be_meant(page: Page, service: Service) -> None:
    """A typo comes with a link to what was meant."""
    visit(page, service, node="Alonso")
    expect(heading(page)).to_have_text('No node "Alonso"')
    page.get_by_role("link", name="Alonzo").click()
    expect(heading(page)).to_have_text("Alonzo")


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


def test_a_point_of_the_map_is_chosen_by_a_click(page: Page, service: Service) -> None:
    """Where the node stands by the API's coordinates, a click lights it and lists its predictions."""
    visit(page, service, view="map")
    expect(heading(page)).to_have_text("people: 40 nodes")
    answer = ask(service, "map")
    box = page.locator("canvas").bounding_box()
    assert box is not None
    x, y = np.array(answer["x"]), np.array(answer["y"])
    scale = min((box["width"] - 60) / np.ptp(x), (box["height"] - 60) / np.ptp(y))
    row = int(x.argmax())  # at the edge, so that no other point is nearer
    at = {
        "x": box["width"] / 2 + (x[row] - (x.min() + x.max()) / 2) * scale,
        "y": box["height"] / 2 - (y[row] - (y.min() + y.max()) / 2) * scale,
    }
    page.locator("canvas").click(position={"x": float(at["x"]), "y": float(at["y"])})
    expect(heading(page)).to_have_text(answer["nodes"][row])
    assert len(percents(page)) == len(ask(service, "neighbors", node=answer["nodes"][row], k=10)["neighbors"])


def test_the_page_fits_a_phone(browser: Browser, service: Service) -> None:
    """At 360 pixels no view is wider than the screen."""
    with opened(browser, viewport={"width": 360, "height": 740}) as page:
        for view in ("node", "pair", "map", "model"):
            visit(page, service, view=view, node="Ada")
            page.wait_for_selector("main h1")
            assert page.evaluate("() => document.documentElement.scrollWidth") <= 360, view
        visit(page, service, model="explained", node="n0", why="n1")
        dialog = page.get_by_role("dialog", name="Why n0 – n1?")
        expect(dialog).to_be_visible()
        assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth && dialog.offsetWidth <= 360")


def test_a_swap_is_announced_on_the_open_page(page: Page, tmp_path: Path) -> None:
    """When the next look finds another version, the page announces it, once, and shows the new one's answers."""
    small().publish(tmp_path, "people")
    page.clock.install()
    with running_service(tmp_path) as own:
        visit(page, own, node="Ada")
        expect(page.locator("figure svg")).to_be_visible()
        before = percents(page)
        new = small(5).publish(tmp_path, "people")
        eventually(lambda: httpx.get(f"{own.url}/v1/models").json()["models"][0]["current"] == new)
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
    expect(cells.nth(1)).to_have_text(f"{100 * best['probability']:.1f} %{100 * low:.1f} – {100 * high:.1f} %")
    expect(cells.nth(2)).to_have_text(f"{100 * best['calibrated']:.1f} %")


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


def test_no_view_asks_another_host(page: Page, service: Service) -> None:
    """Whatever is looked at, every request goes to the service."""
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    for view in ("node", "pair", "map", "model"):
        visit(page, service, view=view, model="explained", node="n0", source="n0", target="n1", why="n1")
        page.wait_for_selector("main h1")
        page.wait_for_selector("dialog h1")
    assert hosts == {service.url.removeprefix("http://")}
