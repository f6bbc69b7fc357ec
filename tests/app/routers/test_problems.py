"""What errors mean, for a person."""

from latentlink.app.http.problems import PROBLEMS
from tests.support import Client


def test_the_type_of_a_problem_leads_to_its_texts(client: Client) -> None:
    """Following an answer's `type` gives what the table of problems has, as text."""
    answer = client.get("/v1/models/small/node?node=nope").json()
    page, problem = client.get(answer["type"]), PROBLEMS["unknown-node"]
    assert (page.status_code, page.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    title, meaning, advice, example = page.text.strip().split("\n\n")
    assert title == f"404 {answer['title']}"
    assert (meaning, advice) == (problem.meaning, problem.advice)
    assert example.endswith(problem.example)
