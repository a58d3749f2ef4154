"""The Helm chart: what it makes of values, checked against Kubernetes' own schemas, with Helm 3 and Helm 4."""

import io
import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from bridge.config.schedule import ScheduleSection
from tests.config.files import loaded
from tests.servers.programs import lacking

pytestmark = pytest.mark.helm

CHART: Final = Path("deploy/helm/hyperproof-bridge")
VALUES: Final = sorted(Path("tests/deploy/helm/values").glob("*.yaml"))
RESOURCES: Final = json.loads(Path("tests/deploy/helm/custom-resources.json").read_text())
HELMS: Final = ("helm3", "helm4")
OLDEST: Final = "1.27"
NEWEST: Final = "1.37"

every_values = pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)


def helm(version: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a Helm; `make test` fetches both."""
    program = Path(".tools", version)
    if not program.exists():
        lacking("Helm is not here: scripts/tools")
    return subprocess.run((program, *words), capture_output=True, text=True, check=False)


@cache
def rendered(values: Path, *settings: str, version: str = "helm4") -> str:
    """What is made of a file of values, and of single settings over it."""
    told = helm(version, "template", "hyperproof-bridge", str(CHART), "--values", str(values), *settings)
    assert told.returncode == 0, told.stderr
    return told.stdout


def objects(values: Path, *settings: str, version: str = "helm4") -> dict[str, Any]:
    """The objects by their kind; there is at most one of each."""
    found = [one for one in YAML(typ="safe").load_all(rendered(values, *settings, version=version)) if one]
    assert len({one["kind"] for one in found}) == len(found)
    return {one["kind"]: one for one in found}


def values_of(name: str) -> Path:
    """A file of values."""
    return Path(f"tests/deploy/helm/values/{name}.yaml")


def pod(made: dict[str, Any]) -> Any:  # noqa: ANN401 - an object of Kubernetes
    """The pod's template, whatever holds it."""
    for kind in ("Deployment", "Job"):
        if kind in made:
            return made[kind]["spec"]["template"]
    return made["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]


# ---- what is right -------------------------------------------------------------------------------------


@every_values
@pytest.mark.parametrize("version", HELMS)
def test_helm_finds_nothing_to_complain_of(version: str, values: Path) -> None:
    """Both of them, strictly."""
    told = helm(version, "lint", "--strict", "--values", str(values), str(CHART))
    assert told.returncode == 0, told.stdout


@every_values
def test_both_helms_make_the_same(values: Path) -> None:
    """Whichever an operator has."""
    assert objects(values, version="helm3") == objects(values, version="helm4")


@every_values
@pytest.mark.parametrize("kubernetes", [OLDEST, NEWEST])
def test_kubernetes_takes_every_object(kubernetes: str, values: Path) -> None:
    """The oldest and the newest claimed, with no key that it does not know."""
    for kind, made in objects(values).items():
        if kind in RESOURCES:
            Draft202012Validator(RESOURCES[kind]).validate(made)
        else:
            kubernetes_validate.validate(made, kubernetes, strict=True)


def test_a_misspelt_key_would_be_found() -> None:
    """The test above can fail."""
    made = objects(values_of("minimal"))["Deployment"]
    made["spec"]["template"]["spec"]["containers"][0]["imagePulPolicy"] = "Always"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(made, NEWEST, strict=True)


def test_the_oldest_kubernetes_is_the_one_that_is_claimed() -> None:
    """By the chart itself."""
    assert f'kubeVersion: ">={OLDEST}.0-0"' in (CHART / "Chart.yaml").read_text()


def test_every_mode_and_every_object_was_seen() -> None:
    """The values together leave no template out."""
    kinds = set().union(*(objects(values) for values in VALUES))
    templates = "".join(path.read_text() for path in CHART.glob("templates/*.yaml"))
    assert kinds == set(re.findall(r"^kind: (\w+)", templates, re.MULTILINE))


@pytest.mark.parametrize("name", ["minimal", "everything", "cronjob", "replicas"])
def test_the_bridge_takes_the_configuration(name: str, tmp_path: Path) -> None:
    """What the chart fills in fits what stands in the values."""
    text = objects(values_of(name))["ConfigMap"]["data"]["config.yaml"]
    for folder, file in set(re.findall(r"(/run/secrets/hyperproof-bridge|/run/tls)/([\w.]+)", text)):
        address = "postgresql+psycopg://bridge@localhost/bridge"
        (tmp_path / file).write_text(address if file == "store_url" else "made up, and long enough")
        (tmp_path / file).chmod(0o640)
        text = text.replace(f"{folder}/{file}", str(tmp_path / file))
    assert loaded(tmp_path, text, {}).warnings == ()


# ---- what a pod may do ---------------------------------------------------------------------------------


@every_values
def test_a_pod_may_do_nothing_that_it_need_not(values: Path) -> None:
    """No root, no capability, no write to its root, no token of the cluster."""
    spec = pod(objects(values))["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]


@every_values
def test_no_secret_is_in_an_object(values: Path) -> None:
    """The chart makes no Secret and sets no variable: secrets are files, which can be rotated."""
    made = objects(values)
    assert "Secret" not in made
    assert "env" not in pod(made)["spec"]["containers"][0]


@every_values
def test_a_pod_has_the_time_that_the_bridge_takes_to_stop(values: Path) -> None:
    """Otherwise it would be killed while it ends."""
    grace = pod(objects(values))["spec"]["terminationGracePeriodSeconds"]
    assert grace > ScheduleSection().stop_within.total_seconds()


@pytest.mark.parametrize("name", ["minimal", "everything"])
def test_a_pod_has_the_time_that_the_database_takes_to_be_brought_up_to_date(name: str) -> None:
    """As long as under systemd: killed before, it would begin again and again."""
    unit = Path("deploy/systemd/hyperproof-bridge.service").read_text()
    (minutes,) = re.findall(r"^TimeoutStartSec=(\d+)min$", unit, re.MULTILINE)
    (container,) = pod(objects(values_of(name)))["spec"]["containers"]
    probe = container["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= int(minutes) * 60


def test_a_broken_configuration_ends_no_pod() -> None:
    """Probes on loopback read none: a service that keeps the one before is not to be restarted."""
    (container,) = pod(objects(values_of("minimal")))["spec"]["containers"]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert "--at" in container[probe]["exec"]["command"]


def test_probes_beyond_loopback_are_the_kubelets() -> None:
    """Over TLS, as the web side has it, at its port."""
    (container,) = pod(objects(values_of("everything")))["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "web", "scheme": "HTTPS"}
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


# ---- one writer, and evidence that stays ---------------------------------------------------------------


def test_a_volume_has_one_pod_at_a_time() -> None:
    """The old one ends before the new one begins, and the volume stays when the release goes."""
    made = objects(values_of("minimal"))
    assert made["Deployment"]["spec"]["strategy"] == {"type": "Recreate"}
    annotations = made["PersistentVolumeClaim"]["metadata"]["annotations"]
    assert annotations == {"helm.sh/resource-policy": "keep"}


def test_replicas_need_postgresql() -> None:
    """With it they need no volume."""
    made = objects(values_of("replicas"))
    assert made["Deployment"]["spec"]["replicas"] == 3
    assert "PersistentVolumeClaim" not in made
    assert "url: ${file:/run/secrets/hyperproof-bridge/store_url}" in made["ConfigMap"]["data"]["config.yaml"]


def ports_out(*settings: str) -> list[int]:
    """Where the network policy lets a pod out to, names aside."""
    made = objects(values_of("replicas"), "--set=networkPolicy.enabled=true", *settings)
    _, others = made["NetworkPolicy"]["spec"]["egress"]
    return [port["port"] for port in others["ports"]]


def test_a_limited_network_leads_to_the_database() -> None:
    """At its usual port, or the one that it has; never twice, and not where there is none."""
    assert ports_out() == [443, 389, 636, 5432]
    assert ports_out("--set=store.postgresql.port=6432") == [443, 389, 636, 6432]
    assert ports_out("--set=networkPolicy.egressPorts={443,5432}") == [443, 5432]
    without = objects(values_of("everything"))["NetworkPolicy"]["spec"]["egress"][1]["ports"]
    assert [port["port"] for port in without] == [443, 389, 636]


def test_runs_of_a_cronjob_do_not_overlap() -> None:
    """Nor is one repeated by Kubernetes: the next one tries again."""
    spec = objects(values_of("cronjob"))["CronJob"]["spec"]
    assert (spec["concurrencyPolicy"], spec["timeZone"]) == ("Forbid", "Europe/Berlin")
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0


def test_a_backfill_uses_what_a_service_has() -> None:
    """Its configuration and its state; and it makes neither."""
    made = objects(values_of("backfill"))
    assert set(made) == {"Job"}
    (container,) = pod(made)["spec"]["containers"]
    assert container["args"][0] == "backfill"
    assert "livenessProbe" not in container


def test_a_workload_identity_is_labelled() -> None:
    """The label on the pod, the application's id on its service account."""
    made = objects(values_of("everything"))
    assert pod(made)["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    annotations = made["ServiceAccount"]["metadata"]["annotations"]
    assert annotations["azure.workload.identity/client-id"] == "11111111-2222-3333-4444-555555555555"


def test_the_values_of_the_page_are_right(tmp_path: Path) -> None:
    """A service, and a backfill by its configuration and with its state, as docs/installing.md writes them."""
    page = Path("docs/installing.md").read_text()
    service, backfill = (tmp_path / name for name in ("values.yaml", "backfill.yaml"))
    for path, block in zip((service, backfill), re.findall(r"```yaml\n(.*?)```", page, re.DOTALL), strict=True):
        path.write_text(block)
    assert pod(objects(service))["spec"]["containers"][0]["image"].startswith("registry.corp.example/")
    for version in HELMS:
        told = helm(version, "template", "backfill", str(CHART), f"--values={service}", f"--values={backfill}")
        assert told.returncode == 0, told.stderr
        made = {one["kind"]: one for one in YAML(typ="safe").load_all(told.stdout) if one}
        assert set(made) == {"Job", "ServiceAccount"}
        assert f"job/{made['Job']['metadata']['name']}" in page
        volumes = {volume["name"]: volume for volume in pod(made)["spec"]["volumes"]}
        assert (
            volumes["config"]["configMap"]["name"]
            == pod(objects(service))["spec"]["volumes"][0]["configMap"]["name"]
        )
        assert volumes["state"]["persistentVolumeClaim"]["claimName"] == "hyperproof-bridge"


# ---- what is refused -----------------------------------------------------------------------------------

REFUSED: Final = {
    "config: write": ("--set=config=null",),
    "keep one of the two": ("--set=existingConfigMap=other",),
    "more than one replica needs store.postgresql.urlKey": ("--set=replicaCount=2",),
    "must outlive the pod": ("--set=store.persistence.enabled=false",),
    "would travel in clear text": ("--set=web.enabled=true",),
    "need a Secret": ("--set=web.enabled=true,web.behindProxy=true,secrets.existing=",),
    "nothing to scrape": ("--set=serviceMonitor.enabled=true",),
    "probes have to find it": ("--set=config.web.listen=none",),
    "replicaCount": ("--set=replicaCount=abc",),
    "/mode": ("--set=mode=daemon",),
    "replicas": ("--set=replicas=2",),
    "/image/digest": ("--set=image.digest=latest",),
    "clientId": ("--set=workloadIdentity.enabled=true",),
    "/secrets/external": ("--set=secrets.external.enabled=true,secrets.existing=",),
}
"""What the message says, and the setting over the minimal values."""


@pytest.mark.parametrize("version", HELMS)
@pytest.mark.parametrize("words", REFUSED)
def test_what_does_not_go_together_is_refused(words: str, version: str) -> None:
    """Before anything is made, by the name of the value."""
    told = helm(version, "template", "x", str(CHART), "--values", str(values_of("minimal")), *REFUSED[words])
    assert told.returncode != 0
    assert words.strip("/").replace("/", ".") in told.stderr.replace("/", "."), told.stderr


def test_every_value_is_in_the_schema() -> None:
    """No default that the schema does not know, and no key of the schema that has no default."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    defaults = YAML(typ="safe").load((CHART / "values.yaml").read_text())
    assert set(schema["properties"]) - {"global"} == set(defaults)


def test_the_chart_can_be_packed(tmp_path: Path) -> None:
    """With its rules in it."""
    told = helm("helm4", "package", "--destination", str(tmp_path), str(CHART))
    assert told.returncode == 0, told.stderr
    (archive,) = tmp_path.glob("hyperproof-bridge-*.tgz")
    shutil.unpack_archive(archive, tmp_path)
    assert (tmp_path / "hyperproof-bridge/files/rules.yaml").read_bytes() == (
        CHART / "files/rules.yaml"
    ).read_bytes()


def test_the_rules_of_the_chart_are_the_rules() -> None:
    """The PrometheusRule has them whole."""
    made = objects(values_of("everything"))["PrometheusRule"]
    rules = YAML(typ="safe").load(io.StringIO((CHART / "files/rules.yaml").read_text()))
    assert made["spec"] == rules
