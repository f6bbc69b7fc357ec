"""What errors mean, for a person."""

import pytest

from tests.support import Client, assert_problem


def test_the_type_of_a_problem_leads_to_its_explanation(client: Client) -> None:
    """Following an answer's `type` gives a text that tells what to do."""
    problem = client.get("/v1/models/small/node?node=nope").json()
    page = client.get(problem["type"])
    assert (page.status_code, page.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert page.text.startswith(f"404 {problem['title']}\n")
    assert "on_unknown" in page.text


@pytest.mark.parametrize("slug", ["nope", "", "unknown-node/", "UNKNOWN-NODE", "%00", "..%2F"])
def test_other_slugs_are_not_found(client: Client, slug: str) -> None:
    """A type that no problem has is a problem itself."""
    assert_problem(client.get(f"/problems/{slug}"), 404, "not-found")
