"""Values that the Helm chart refuses, by their names and before anything is installed, and those beside them that it takes."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import zip_longest
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.chart import CHART, HELM, merged, rendered

NAME = (["a", "true", "123", "a-b.c1"], ["a b", "A", "-a", "a_b", "*"])
IMAGE = (["latentlink", "example.org:5000/a/b_c"], ["a b", "", "example.org/A", "a:b:c"])
TAG = (["", "0.1.0", f"1@sha256:{'0' * 64}"], ["a b", "-a", "a@sha256:0"])
AMOUNT = (["1", "500m", "1.5Gi", "1e3", 2], ["abc", "1 Gi", "10GB", "-1", ""])
# By the paths of values: those that are taken, and those that are not.
SHAPES: dict[str, tuple[Sequence[Any], Sequence[Any]]] = {
    "image.repository": IMAGE,
    "image.tag": TAG,
    "image.pullPolicy": (["Always"], ["always"]),
    "imagePullSecrets.0.name": NAME,
    "settings.jobs": (["", "/jobs", "/a/b"], ["jobs", "/a:b", "/", "/a//b"]),
    "settings.cache": (["", "/cache"], ["cache", None]),
    "settings.required_models.0": (["movies"], ["movies papers", ""]),
    "settings.max_k": ([10], [9, "10"]),
    "keys.fileSecret": NAME,
    "checkpoints.credentials": NAME,
    "checkpoints.url": ([""], ["https://example.org", "s3://", "s3://a b", "s3://a?b", None]),
    "checkpoints.accessMode": (["ReadOnlyMany"], ["ReadWriteOncePod", "RWX"]),
    "checkpoints.size": AMOUNT,
    "resources.limits.cpu": AMOUNT,
    "resources.requests.memory": AMOUNT,
    "preStopSeconds": ([1], [0, "1"]),
    "serviceAccount": NAME,
    "podAnnotations.a": (["any: text"], [1]),
    "nodeSelector.disk": (["linux", ""], ["a b", "-a", 1]),
    "tolerations.0.effect": (["NoSchedule"], ["noSchedule"]),
    "service.port": ([80], [0, 65536, "80"]),
    "trustedProxies.0": (
        ["*", "10.0.0.0/8", "192.0.2.1", "::1", "2001:db8::/32"],
        ["bad", "10.0.0.0/33", "256.0.0.1", "01.0.0.1", "10.0.0.0/8,::1", "::/129", "example.org"],
    ),
    "ingress.className": NAME,
    "ingress.host": (
        ["", "example.org", "*.example.org", "123"],
        ["Foo: bar", "*", "a.*.b", "example.org/a", "a_b.org"],
    ),
    "ingress.path": (["/", "/graphs", "/a/b~c/"], ["/a: b", "graphs", "", "//", "/a?b", None]),
    "ingress.tlsSecret": NAME,
    "podDisruptionBudget.maxUnavailable": ([0, 1, "25%", "100%"], [-1, "1", "101%", "some"]),
    "serviceMonitor.interval": (["", "30s", "1m30s"], ["abc", "30", "30 s", "s"]),
    "serviceMonitor.labels.release": (["prometheus"], ["a b"]),
    "training.image.repository": IMAGE,
    "training.image.tag": TAG,
    "training.schedule": (
        ["0 3 * * *", "*/5 0-6 1,15 JAN-MAR mon-fri", "@daily"],
        ["nonsense", "", "0 3 * *", "0 3 * * * *", "@every 1h", "a b c d e"],
    ),
    "training.dataClaim": NAME,
    "training.resources.requests.memory": AMOUNT,
}
CONTRADICTIONS = {
    "training.enabled=true": "training.args: expected the arguments",
    "training.enabled=true,training.args={--checkpoints=/a}": "training.args: expected none of --checkpoints",
    "training.args={--publish,s3://a},checkpoints.url=s3://a": "training.args: expected no --publish beside",
    "autoscaling.enabled=true,autoscaling.cpu=0": "autoscaling: expected cpu or requestsInFlight, found neither",
    "autoscaling.enabled=true,autoscaling.minReplicas=5,autoscaling.maxReplicas=2": "minReplicas .*, found 5 and 2;",
    "autoscaling.enabled=true,resources.limits.cpu=null,resources.requests.cpu=null": "autoscaling.cpu: expected resources",
    "keys.admin=a": "keys.admin: expected keys.api beside it",
    "keys.api=a,keys.existingSecret=b": "keys: expected an existingSecret or keys as text, found both",
    "keys.file=a,keys.fileSecret=b": "keys: expected a fileSecret or a file as text, found both",
    "serviceMonitor.enabled=true,keys.fileSecret=a": "serviceMonitor: expected settings.metrics_open or",
    "serviceMonitor.enabled=true,keys.api=a": "serviceMonitor: expected settings.metrics_open or",
    "serviceMonitor.key.secret=a": "serviceMonitor.key: expected a secret and its entry",
    "serviceMonitor.key.entry=a": "serviceMonitor.key: expected a secret and its entry",
    "settings.jobs=/jobs,replicas=2": "settings.jobs: expected one replica",
    "settings.jobs=/jobs,autoscaling.enabled=true": "settings.jobs: expected one replica",
    "settings.jobs=/tmp/jobs": "settings.jobs: expected a directory outside",
    "settings.cache=/checkpoints": "settings.cache: expected a directory outside",
    "settings.jobs=/a,settings.cache=/a": "settings.jobs: expected another directory than that of copies, found /a",
    "settings.cache=/a,checkpoints.url=s3://a": "settings.cache: expected none beside checkpoints.url",
    "settings.cache_bytes=1": "settings.cache_bytes: expected checkpoints.url beside it",
    "settings.mirror_seconds=1": "settings.mirror_seconds: expected checkpoints.url beside it",
    "checkpoints.url=s3://a,checkpoints.existingClaim=a": "checkpoints: expected a url or an existingClaim, found both",
    "checkpoints.url=s3://a,checkpoints.storageClass=a": "checkpoints.storageClass: expected a claim that the chart makes",
    "checkpoints.existingClaim=a,checkpoints.storageClass=a": "checkpoints.storageClass: expected a claim that the chart",
    "checkpoints.url=s3://a,checkpoints.readOnly=false": "checkpoints.readOnly: expected true beside a url",
    "checkpoints.accessMode=ReadOnlyMany,checkpoints.readOnly=false": "checkpoints.accessMode: expected a mode to write",
    "podAnnotations.checksum/keys=a": "podAnnotations: expected other names",
    "checkpoints=null": "missing property 'checkpoints'",
    # What the chart or the service does not have, or what the chart sets itself.
    "replica=3": "'replica' not allowed",
    "ingress.hosts=a": "'hosts' not allowed",
    "resources.claims=a": "'claims' not allowed",
    "settings.max_pears=3": "'max_pears' not allowed",
    "settings.api_keys=a": "'api_keys' not allowed",
    "settings.keys_file=a": "'keys_file' not allowed",
    "settings.port=80": "'port' not allowed",
}


def nested(path: str, value: Any) -> Any:
    """A value at a path of names and numbers."""
    for name in reversed(path.split(".")):
        value = [value] if name.isdigit() else {name: value}
    return value


def rounds(columns: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """The first value of each path, then the second one of those that have one, and so on."""
    nothing = object()
    for row in zip_longest(*columns.values(), fillvalue=nothing):
        yield {path: value for path, value in zip(columns, row, strict=True) if value is not nothing}


def refusal(values: Path, *options: str, release: str = "movies") -> str:
    """What helm says against values; nothing if it takes them."""
    try:
        rendered(values, *options, release=release)
    except ValueError as error:
        return str(error)
    return ""


def document(given: Mapping[str, Any]) -> str:
    """Values by their paths as a file."""
    return json.dumps(reduce(merged, (nested(path, value) for path, value in given.items()), {"replicas": 1}))


@HELM.needed
def test_each_value_has_a_shape(tmp_path: Path) -> None:
    """What is taken is rendered; of what is not, each is named at its path."""
    values = tmp_path / "values.yaml"
    for taken in rounds({path: shape[0] for path, shape in SHAPES.items()}):
        values.write_text(document(taken), "utf-8")
        assert refusal(values) == "", taken
    for wrong in rounds({path: shape[1] for path, shape in SHAPES.items()}):
        values.write_text(document(wrong), "utf-8")
        said = refusal(values)
        for path, value in wrong.items():
            parent, _, name = f"/{path}".replace(".", "/").rpartition("/")
            places = f"at '{parent}/{name}'", f"at '{parent}': missing property '{name}'"
            assert any(place in said for place in places), f"{path}: {value!r} is taken"


@HELM.needed
def test_values_that_can_not_work_are_refused() -> None:
    """They contradict each other, or name what is not there."""
    for given, expected in CONTRADICTIONS.items():
        said = refusal(CHART / "values.yaml", "--set", f"replicas=1,{given}")
        assert re.search(expected, said), f"{given}: {said or 'it is taken'}"


@HELM.needed
def test_names_of_releases_keep_apart() -> None:
    """Two of helm's 53 characters that differ in the last one share no object, and Kubernetes has room for each name."""
    found = []
    for last in "ab":
        text = rendered(CHART / "ci/training.yaml", release="r" * 52 + last)
        found.append({(one["kind"], one["metadata"]["name"]) for one in yaml.load_all(text, yaml.CSafeLoader)})
    assert not found[0] & found[1]
    room = {"Service": 63, "CronJob": 52}
    assert all(len(name) <= room.get(kind, 253) for names in found for kind, name in names)


@HELM.needed
def test_releases_whose_services_would_have_no_name_are_refused() -> None:
    """Helm takes a dot, and a digit in front."""
    for name in ("a.b", "1a"):
        said = refusal(CHART / "values.yaml", release=name)
        assert f'release: expected a letter, then letters, digits and hyphens, found "{name}"' in said
