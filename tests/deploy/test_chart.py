"""The Helm chart: what it renders, and that the images and the service understand that. No cluster takes part."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml

from latentlink.app.keys.file import entry_of
from latentlink.app.keys.ring import read_keys
from latentlink.app.settings import Settings, read_settings
from tests.contracts.test_container import environment, steps
from tests.deploy.chart import CHART, HELM, ROOT, VALUES, golden, manifests, rendered, run

each = pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)
KUBERNETES = ("1.30", "1.37")  # the lowest of the chart, and the newest whose schemas the validator has


def pods(values: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The metadata and the specification of each kind of pod."""
    found = manifests(values)
    templates = [found["Deployment"]["spec"]["template"]]
    if "CronJob" in found:
        templates.append(found["CronJob"]["spec"]["jobTemplate"]["spec"]["template"])
    yield from ((template["metadata"], template["spec"]) for template in templates)


def at(document: Any, path: str) -> Any:
    """What stands at a path of names and numbers."""
    return reduce(lambda part, name: part[int(name) if name.isdigit() else name], path.split("."), document)


@HELM.needed
@each
def test_the_manifests_are_those_that_are_kept(values: Path) -> None:
    """A change of the chart shows as a change of what a cluster gets; `make format` writes it."""
    assert rendered(values) == golden(values).read_text("utf-8")


@pytest.mark.slow
@HELM.needed
@each
def test_helm_finds_nothing_to_complain_about(values: Path) -> None:
    """Its own linter, strict."""
    done = run("lint", "--strict", str(CHART), "--values", str(values))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_manifests_keep_to_the_schemas_of_kubernetes() -> None:
    """Strictly, without unknown fields, for two versions; the operator's own kind alone has no schema."""
    versions = [word for version in KUBERNETES for word in ("--kubernetes-version", version)]
    command = [sys.executable, "-m", "kubernetes_validate", "--strict", "--quiet", *versions]
    done = subprocess.run([*command, *map(str, map(golden, VALUES))], capture_output=True, text=True, check=False)
    remarks = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout
    assert len(remarks) == 4
    assert all("for kind ServiceMonitor" in remark for remark in remarks)


@each
def test_the_service_takes_the_variables(values: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It starts with them: they are settings, and their values and the keys are in order."""
    found = manifests(values)
    [container] = found["Deployment"]["spec"]["template"]["spec"]["containers"]
    secret = found.get("Secret", {}).get("stringData", {"api-keys": "reader-key-of-somebody-else"})
    for name, value in {**environment("serve"), **found["ConfigMap"]["data"]}.items():
        monkeypatch.setenv(name, value)
    mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
    for variable in container.get("env", ()):
        if "value" in variable:
            assert str(Path(variable["value"]).parent) in mounted
            file = tmp_path / Path(variable["value"]).name
            file.write_text(entry_of("reader", "key", {"scopes": ["read"]}), "utf-8")
            monkeypatch.setenv(variable["name"], str(file))
            continue
        reference = variable["valueFrom"]["secretKeyRef"]
        if reference["key"] in secret or not reference.get("optional"):
            monkeypatch.setenv(variable["name"], secret[reference["key"]])
    settings = read_settings()
    assert bool(read_keys(settings)) == ("env" in container)
    place = settings.checkpoints if isinstance(settings.checkpoints, Path) else settings.cache
    assert str(place) in mounted


def test_numbers_keep_their_digits_and_lists_become_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A million is not 1e+06, which is no integer; the prefix of the ingress is the service's."""
    for name, value in manifests(CHART / "ci/production.yaml")["ConfigMap"]["data"].items():
        monkeypatch.setenv(name, value)
    settings = read_settings()
    assert (settings.max_pairs, settings.required_models) == (1_000_000, ("movies", "papers"))
    assert (settings.root_path, settings.metrics_open) == ("/graphs", True)


@each
def test_a_pod_is_confined(values: Path) -> None:
    """The user of the images, no token, no capability, and a root that nobody writes to."""
    for _, spec in pods(values):
        user, group = map(int, steps("serve", "USER")[-1].split(":"))
        assert not spec["automountServiceAccountToken"]
        assert (spec["securityContext"]["runAsUser"], spec["securityContext"]["runAsGroup"]) == (user, group)
        assert spec["securityContext"]["runAsNonRoot"]
        [container] = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"].keys() == {"cpu", "memory"}


@each
def test_a_pod_listens_where_the_image_does(values: Path) -> None:
    """The port of the image, which the Service, the probes and the monitor call by its name."""
    found = manifests(values)
    [container] = found["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert container["ports"] == [{"name": "http", "containerPort": int(environment("serve")["LATENTLINK_PORT"])}]
    assert found["Service"]["spec"]["ports"][0]["targetPort"] == "http"
    probes = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert probes == {
        "startup": {"path": "/healthz", "port": "http"},
        "liveness": {"path": "/healthz", "port": "http"},
        "readiness": {"path": "/readyz", "port": "http"},
    }


@each
def test_selectors_choose_the_pods_that_serve(values: Path) -> None:
    """Those of the Deployment and no pod of a training; the monitor chooses the Service."""
    found = manifests(values)
    (serving, _), *others = pods(values)
    places = {
        "Service": "spec.selector",
        "Deployment": "spec.selector.matchLabels",
        "PodDisruptionBudget": "spec.selector.matchLabels",
        "NetworkPolicy": "spec.podSelector.matchLabels",
    }
    for kind in places.keys() & found.keys():
        selector = at(found[kind], places[kind]).items()
        assert selector <= serving["labels"].items()
        assert all(not selector <= metadata["labels"].items() for metadata, _ in others)
    if "ServiceMonitor" in found:
        selector = found["ServiceMonitor"]["spec"]["selector"]["matchLabels"].items()
        assert selector <= found["Service"]["metadata"]["labels"].items()


@each
def test_names_lead_to_manifests_of_the_same_release(values: Path) -> None:
    """Of the ConfigMap, the Service behind a path, the scaled Deployment, and a claim that the values don't name."""
    found, given = manifests(values), yaml.safe_load(values.read_text("utf-8"))
    places = {
        "ConfigMap": "Deployment.spec.template.spec.containers.0.envFrom.0.configMapRef.name",
        "Service": "Ingress.spec.rules.0.http.paths.0.backend.service.name",
        "Deployment": "HorizontalPodAutoscaler.spec.scaleTargetRef.name",
    }
    for kind, place in places.items():
        if place.partition(".")[0] in found:
            assert at(found, place) == found[kind]["metadata"]["name"]
    made = found.get("PersistentVolumeClaim", {}).get("metadata", {}).get("name")
    for _, spec in pods(values):
        claims = {volume["name"]: volume.get("persistentVolumeClaim") for volume in spec["volumes"]}
        stored = given.get("checkpoints", {})
        claim = (claims.get("checkpoints") or {}).get("claimName")
        assert claim == (None if "url" in stored else stored.get("existingClaim", made))


@each
def test_a_pod_gets_the_time_to_drain(values: Path) -> None:
    """After the hook, requests in flight have their seconds, and the process some to end in."""
    found = manifests(values)
    spec = found["Deployment"]["spec"]["template"]["spec"]
    hook = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    default = Settings.model_fields["drain_seconds"].default
    drain = int(found["ConfigMap"]["data"].get("LATENTLINK_DRAIN_SECONDS", default))
    assert spec["terminationGracePeriodSeconds"] == hook + drain + 5


def test_training_alone_writes_to_the_claim() -> None:
    """The service mounts it read-only; both get a temporary directory, and the data can't be changed."""
    served, trained = (spec for _, spec in pods(CHART / "ci/training.yaml"))
    mounts = [
        {mount["mountPath"]: mount.get("readOnly", False) for mount in spec["containers"][0]["volumeMounts"]}
        for spec in (served, trained)
    ]
    assert mounts == [{"/checkpoints": True, "/tmp": False}, {"/checkpoints": False, "/tmp": False, "/data": True}]


@HELM.needed
def test_a_file_of_keys_is_mounted_whole(tmp_path: Path) -> None:
    """Its text is in a Secret of the chart, and a change of it starts no other pods: the service takes it over."""
    found, values, text = [], tmp_path / "values.yaml", "# keys\n"
    for name in ("ann", "bob"):
        text += entry_of(name, "key", {"scopes": ["read"]})
        values.write_text(yaml.safe_dump({"keys": {"file": text}}), "utf-8")
        parts = yaml.load_all(rendered(values), yaml.CSafeLoader)
        found.append({part["kind"]: part for part in parts})
    assert found[1]["Secret"]["stringData"] == {"keys.toml": text}
    assert found[0]["Deployment"] == found[1]["Deployment"]
    spec = found[1]["Deployment"]["spec"]["template"]["spec"]
    [volume] = [volume for volume in spec["volumes"] if volume["name"] == "keys"]
    assert volume["secret"]["secretName"] == found[1]["Secret"]["metadata"]["name"]
    [mount] = [mount for mount in spec["containers"][0]["volumeMounts"] if mount["name"] == "keys"]
    assert mount == {"name": "keys", "mountPath": "/keys", "readOnly": True}


def test_with_a_url_pods_copy_and_trainings_push() -> None:
    """No claim: the service has a volume for copies that is larger than its limit, the training pushes to the same URL."""
    values = CHART / "ci/object-storage.yaml"
    found, (served, trained) = manifests(values), (spec for _, spec in pods(values))
    variables = found["ConfigMap"]["data"]
    [cache] = [volume for volume in served["volumes"] if volume["name"] == "cache"]
    assert "PersistentVolumeClaim" not in found
    assert int(cache["emptyDir"]["sizeLimit"]) > int(variables["LATENTLINK_CACHE_BYTES"])
    assert trained["containers"][0]["args"][-2:] == ["--publish", variables["LATENTLINK_CHECKPOINTS"]]
    secrets = [spec["containers"][0]["envFrom"][-1]["secretRef"]["name"] for spec in (served, trained)]
    assert secrets == ["latentlink-storage"] * 2
    assert found["NetworkPolicy"]["spec"]["egress"] == [{}]


@HELM.needed
def test_rules_for_connections_out_are_kept_without_a_url() -> None:
    """A proxy that is injected into the pods needs some, though the service does not."""
    options = ("--set", "networkPolicy.enabled=true,networkPolicy.egress[0].ports[0].port=443")
    text = rendered(CHART / "ci/minimal.yaml", *options, "--show-only", "templates/network.yaml")
    assert yaml.safe_load(text)["spec"]["egress"] == [{"ports": [{"port": 443}]}]


def test_a_canary_is_at_the_address_of_production() -> None:
    """Host and path are equal, so that the weight divides their requests."""
    rules = [manifests(CHART / f"ci/{name}.yaml")["Ingress"]["spec"]["rules"][0] for name in ("production", "canary")]
    assert [(rule["host"], rule["http"]["paths"][0]["path"]) for rule in rules] == [("example.org", "/graphs")] * 2


def test_the_chart_installs_the_version_of_the_project() -> None:
    """The tag of the images is the version of the package."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert chart["appVersion"] == project["version"]
