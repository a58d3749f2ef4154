"""The Helm chart on a real API server: installed, upgraded, rolled back and taken away, by Helm 3 and Helm 4.

Asked for by `make cluster-test`, which builds the server first. It is Kubernetes 1.20, whose source Debian 12 has:
CronJob and PodDisruptionBudget have their older versions there, CronJob no time zone and volumes no
ReadWriteOncePod. All else is the chart as it is, and the server checks each key of it.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.deploy.test_chart import CHART, HELMS, VALUES, values_of
from tests.servers.kubernetes import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

NAME: Final = "hyperproof-bridge"
CHANGED: Final = ("--set=podAnnotations.note=changed",)
OLDER: Final = {
    "Chart.yaml": [('kubeVersion: ">=1.27.0-0"\n', "")],
    "templates/cronjob.yaml": [
        ("batch/v1", "batch/v1beta1"),
        ("  timeZone: {{ .Values.cronjob.timeZone }}\n", ""),
    ],
    "templates/disruption.yaml": [("policy/v1", "policy/v1beta1")],
}
CUSTOM: Final = (
    ("monitoring.coreos.com", "v1", "ServiceMonitor"),
    ("monitoring.coreos.com", "v1", "PrometheusRule"),
    ("external-secrets.io", "v1", "ExternalSecret"),
)
PLACES: Final = {
    "deployment": f"/apis/apps/v1/namespaces/{{}}/deployments/{NAME}",
    "cronjob": f"/apis/batch/v1beta1/namespaces/{{}}/cronjobs/{NAME}",
    "backfill": f"/apis/batch/v1/namespaces/{{}}/jobs/{NAME}-{{}}",
}
MODE_OF: Final = {"backfill": "backfill", "cronjob": "cronjob"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server that knows the kinds of the operators that the chart makes objects for."""
    with Cluster() as made:
        for group, version, kind in CUSTOM:
            made.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", custom(group, version, kind))
        yield made


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart, put into the words of the old server."""
    copy = tmp_path_factory.mktemp("chart") / CHART.name
    shutil.copytree(CHART, copy)
    for name, changes in OLDER.items():
        text = (copy / name).read_text()
        for new, old in changes:
            assert new in text
            text = text.replace(new, old)
        (copy / name).write_text(text)
    return copy


def custom(group: str, version: str, kind: str) -> dict[str, Any]:
    """The definition of a kind whose content its own operator checks."""
    name = kind.lower()
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served = {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "metadata": {"name": f"{name}s.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": f"{name}s", "singular": name, "kind": kind, "listKind": f"{kind}List"},
            "versions": [served],
        },
    }


class Release:
    """One release of the chart in a namespace of its own."""

    def __init__(self, cluster: Cluster, chart: Path, values: Path) -> None:
        self.cluster = cluster
        self.place = cluster.namespace()
        self._words = (str(chart), f"--values={values}", "--set=store.persistence.accessModes={ReadWriteOnce}")
        self._mode = MODE_OF.get(values.stem, "deployment")

    def attempt(self, version: str, command: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of Helm's on it."""
        return self.cluster.helm(version, command, NAME, f"--namespace={self.place}", *words)

    def install(self, version: str) -> None:
        """Make it."""
        self._succeed(self.attempt(version, "install", *self._words))

    def upgrade(self, version: str, *settings: str) -> None:
        """Change it."""
        self._succeed(self.attempt(version, "upgrade", *self._words, *settings))

    def do(self, version: str, command: str, *words: str) -> None:
        """Run a command that has to succeed."""
        self._succeed(self.attempt(version, command, *words))

    def refused(self, version: str, *settings: str) -> str:
        """Try to make what the server does not take, and tell why it does not."""
        told = self.attempt(version, "install", *self._words, *settings)
        assert told.returncode != 0, told.stdout
        return told.stderr

    def workload(self, revision: int, mode: str = "") -> Any:  # noqa: ANN401 - an object of Kubernetes
        """What runs the bridge, as the server has it. A Job has the revision that it was first made for."""
        return self.cluster.get(PLACES[mode or self._mode].format(self.place, revision))

    def note(self, revision: int) -> str | None:
        """The annotation of its pods that is changed."""
        spec = self.workload(revision)["spec"]
        pod = spec["jobTemplate"]["spec"]["template"] if "jobTemplate" in spec else spec["template"]
        note: str | None = pod["metadata"].get("annotations", {}).get("note")
        return note

    @property
    def revision(self) -> int:
        """The number of the newest that is deployed."""
        told = self.attempt("helm4", "status", "--output=json")
        return int(json.loads(told.stdout)["version"])

    def _succeed(self, told: subprocess.CompletedProcess[str]) -> None:
        assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)
@pytest.mark.parametrize("version", HELMS)
def test_it_is_installed_upgraded_rolled_back_and_taken_away(
    cluster: Cluster, chart: Path, version: str, values: Path
) -> None:
    """In every mode; what keeps the evidence stays."""
    release = Release(cluster, chart, values)
    release.install(version)
    first = release.note(1)
    release.upgrade(version, *CHANGED)
    assert (release.revision, release.note(2)) == (2, "changed")
    release.do(version, "rollback", "1")
    assert (release.revision, release.note(1)) == (3, first)
    claims = cluster.get(f"/api/v1/namespaces/{release.place}/persistentvolumeclaims")["items"]
    release.do(version, "uninstall")
    assert release.workload(1) is None
    assert cluster.get(f"/api/v1/namespaces/{release.place}/configmaps/{NAME}") is None
    left = cluster.get(f"/api/v1/namespaces/{release.place}/persistentvolumeclaims")["items"]
    assert [claim["metadata"]["name"] for claim in left] == [claim["metadata"]["name"] for claim in claims]


@pytest.mark.parametrize(("before", "after"), [HELMS, HELMS[::-1]])
def test_either_helm_goes_on_with_what_the_other_made(
    cluster: Cluster, chart: Path, before: str, after: str
) -> None:
    """An operator may change over, and back."""
    release = Release(cluster, chart, values_of("everything"))
    release.install(before)
    release.upgrade(after, *CHANGED)
    assert release.note(2) == "changed"
    release.do(before, "rollback", "1")
    assert release.note(1) == "1"


@pytest.mark.parametrize("version", HELMS)
def test_a_service_becomes_a_cronjob_and_a_service_again(cluster: Cluster, chart: Path, version: str) -> None:
    """On the same volume."""
    release = Release(cluster, chart, values_of("minimal"))
    release.install(version)
    release.upgrade(version, "--set=mode=cronjob,cronjob.schedule=0 6 * * *")
    assert release.workload(2, "deployment") is None
    assert release.workload(2, "cronjob")["spec"]["schedule"] == "0 6 * * *"
    release.upgrade(version)
    assert release.workload(3, "cronjob") is None
    assert release.workload(3)["spec"]["replicas"] == 1


@pytest.mark.parametrize("version", HELMS)
def test_the_server_refuses_a_value_that_is_wrong(cluster: Cluster, chart: Path, version: str) -> None:
    """The tests above can fail: the chart's own schema lets an annotation of any name through."""
    release = Release(cluster, chart, values_of("minimal"))
    told = release.refused(version, "--set=podAnnotations.no name=x")
    assert "no name" in told
    assert "Invalid value" in told


@pytest.mark.parametrize("version", HELMS)
def test_the_server_refuses_a_key_that_it_does_not_know(
    cluster: Cluster, chart: Path, version: str, tmp_path: Path
) -> None:
    """By its own description of its kinds."""
    shutil.copytree(chart, tmp_path / CHART.name)
    pod = tmp_path / CHART.name / "templates" / "_pod.tpl"
    pod.write_text(pod.read_text().replace("imagePullPolicy:", "imagePulPolicy:"))
    release = Release(cluster, tmp_path / CHART.name, values_of("minimal"))
    assert "imagePulPolicy" in release.refused(version)
