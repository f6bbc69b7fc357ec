"""The map."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import opened
from tests.e2e.explorer.pages import as_shown, ask, heading, percents, visit
from tests.e2e.service import Service


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with a mouse and a touchscreen."""
    with opened(browser, has_touch=True) as page:
        yield page


@pytest.mark.parametrize("gesture", ["click", "tap"])
def test_a_point_of_the_map_is_chosen(page: Page, service: Service, gesture: str) -> None:
    """Where the node stands by the API's coordinates, a click or a tap lights it and lists its predictions."""
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
    getattr(page.locator("canvas"), gesture)(position={"x": float(at["x"]), "y": float(at["y"])})
    expect(heading(page)).to_have_text(answer["nodes"][row])
    assert len(percents(page)) == len(ask(service, "neighbors", node=answer["nodes"][row], k=10)["neighbors"])


def test_a_searched_node_is_brought_on_screen(page: Page, service: Service) -> None:
    """After zooming away from it, the node stands in the middle, where a click chooses it."""
    answer = ask(service, "map")
    far = answer["nodes"][int(np.argmax(answer["x"]))]
    visit(page, service, view="map")
    for _ in range(9):
        page.get_by_role("button", name="Zoom in").click()
    visit(page, service, view="map", node=far)
    expect(heading(page)).to_have_text(as_shown(far))
    page.get_by_role("link", name="Clear").click()
    expect(heading(page)).to_have_text("people: 40 nodes")
    page.locator("canvas").click()
    expect(heading(page)).to_have_text(as_shown(far))


def test_every_name_finds_a_place(page: Page, service: Service) -> None:
    """Of twelve points in a heap all names are written, and none covers another or a point."""
    visit(page, service)
    script = """async () => {
      const { label } = await import(new URL('static/labels.js', document.baseURI));
      const context = document.createElement('canvas').getContext('2d'), written = [];
      context.fillText = (text, x, y) => written.push([text, x, y, context.measureText(text).width]);
      const spots = Array.from({ length: 12 }, (_, i) => [200 + 9 * (i % 4), 200 + 7 * (i / 4 | 0)]);
      const names = spots.map((spot, i) => ({ name: `name ${i}`, spot }));
      label(context, names, { width: 400, height: 400 });
      return [written, names.map(({ spot }) => spot)];
    }"""
    written, spots = page.evaluate(script)
    assert sorted(text for text, *_ in written) == sorted(f"name {i}" for i in range(12))
    boxes = [(x, y - 8, x + width, y + 8) for _, x, y, width in written]
    boxes += [(x - 4, y - 4, x + 4, y + 4) for x, y in spots]
    names, points = boxes[:12], boxes[12:]
    assert not any(_overlap(one, other) for i, one in enumerate(names) for other in [*names[:i], *points])


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
