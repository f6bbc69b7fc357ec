"""The alert rules and the dashboard ask for series that the service has."""

import json
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from promql_parser import AggModifierType, AggregateExpr, Expr, VectorSelector

from tests.deploy.chart import ROOT, VALUES, manifests
from tests.docs.pages import DOCS, blocks
from tests.support import Small, serving
from tests.tools import Tool

PROMTOOL = Tool("promtool", shutil.which("promtool"), "no promtool on this machine: it is not on the PATH")
RULES = ROOT / "deploy/prometheus"
[GROUP] = yaml.safe_load((RULES / "alerts.yaml").read_text("utf-8"))["groups"]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/latentlink.json").read_text("utf-8"))
MONITOR = DOCS / "how-to/monitor.md"
OF_PROMETHEUS = {"job", "instance"}  # labels that it gives to every series
VARIABLES = {"$__rate_interval": "5m", "$model": ".*"}


def _shown(expression: str) -> str:
    """An expression of the dashboard as Grafana sends it."""
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


EXPRESSIONS = {
    **{f"alert {rule['alert']}": rule["expr"] for rule in GROUP["rules"]},
    **{
        f"panel {panel['title']} {target['refId']}": _shown(target["expr"])
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
    },
    **{
        f"monitor.md {number}": expression
        for block in blocks(MONITOR)
        if block.info == "promql"
        for number, expression in enumerate(re.split(r"\n(?=\S)", block.text))
    },
}


def parts(expression: Expr) -> Iterator[Expr]:
    """An expression and all that it is made of."""
    found: list[Expr] = []
    promql_parser.walk(expression, lambda part: found.append(part))
    yield from found


def unknown(expression: Expr, series: Mapping[str, Set[str]]) -> set[str]:
    """Names of series, and labels, that are not there."""
    selectors = [part for part in parts(expression) if isinstance(part, VectorSelector)]
    wrong = {str(one.name) for one in selectors if one.name not in series}
    for one in selectors:
        labels = series.get(str(one.name), set()) | OF_PROMETHEUS
        wrong |= {matcher.name for matcher in one.matchers.matchers} - labels
    for part in parts(expression):
        if isinstance(part, AggregateExpr) and part.modifier and part.modifier.type == AggModifierType.By:
            inside = [one for one in parts(part.expr) if isinstance(one, VectorSelector)]
            wrong |= set(part.modifier.labels).difference(
                OF_PROMETHEUS, *(series.get(str(one.name), ()) for one in inside)
            )
    return wrong


@pytest.fixture(scope="module")
def series(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Set[str]]:
    """The labels of every series of a service that answered, missed an id, failed to load a version and closed one."""
    store = tmp_path_factory.mktemp("store")
    small.publish(store)
    with serving(store) as client:
        client.get("/v1/models/small/neighbors?node=a")
        client.get("/v1/models/small/neighbors?node=nope")
        metrics = client.app.state.service.metrics  # type: ignore[attr-defined]
        metrics.version_failed("small")
        metrics.version_closed("small")
        text = client.get("/metrics").text
    found: dict[str, set[str]] = defaultdict(set, up=set())
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] |= sample.labels.keys()
    for name in found:
        if name.startswith("process_"):
            found[name].add("pid")  # where there are several workers
    return found


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_every_expression_asks_for_series_that_are_there(expression: str, series: Mapping[str, Set[str]]) -> None:
    """Its names, and the labels that it selects and adds up by, are those of `/metrics`."""
    assert unknown(promql_parser.parse(expression), series) == set()


def test_a_misspelt_name_or_label_would_be_found(series: Mapping[str, Set[str]]) -> None:
    """The check is one that can fail."""
    wrong = 'sum by (modell) (rate(latentlink_requests_shed[5m])) / latentlink_model_info{versions="1"}'
    assert unknown(promql_parser.parse(wrong), series) == {"modell", "latentlink_requests_shed", "versions"}


def test_replicas_follow_a_series_that_is_there(series: Mapping[str, Set[str]]) -> None:
    """The metric of pods that the chart scales by, which needs no label."""
    scalers = [manifests(values).get("HorizontalPodAutoscaler") for values in VALUES]
    named = {
        metric["pods"]["metric"]["name"]
        for scaler in scalers
        if scaler
        for metric in scaler["spec"]["metrics"]
        if metric["type"] == "Pods"
    }
    assert len(named) == 1
    assert named <= series.keys()


def test_alerts_have_what_the_page_says_about_each() -> None:
    """Every alert is a row of the table; each has a summary and a severity that the receiver can route by."""
    named = re.findall(r"^\| `(Latentlink\w+)`", MONITOR.read_text("utf-8"), re.MULTILINE)
    assert named == [rule["alert"] for rule in GROUP["rules"]]
    assert {rule["labels"]["severity"] for rule in GROUP["rules"]} == {"critical", "warning"}
    assert all(rule["annotations"]["summary"] and rule["for"] for rule in GROUP["rules"])


def test_panels_of_the_dashboard_do_not_overlap() -> None:
    """Each has a place of its own in 24 columns, and asks the source that the reader chose."""
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) == 23
    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} == {"${source}"}


@PROMTOOL.needed
@pytest.mark.parametrize("words", [("check", "rules", "alerts.yaml"), ("test", "rules", "alerts.test.yaml")])
def test_prometheus_takes_the_rules(words: tuple[str, ...]) -> None:
    """Its own tool reads them; each fires for a service that is ill, and none for a healthy one."""
    done = subprocess.run([PROMTOOL.require(), *words], cwd=RULES, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested() -> None:
    """The tests for `promtool` expect each of them to fire."""
    [test] = yaml.safe_load((RULES / "alerts.test.yaml").read_text("utf-8"))["tests"]
    fired = re.findall(r'alertname="(\w+)"', str(test["promql_expr_test"]))
    assert fired == [rule["alert"] for rule in GROUP["rules"]]
