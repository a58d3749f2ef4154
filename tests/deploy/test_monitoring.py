"""The alert rules and the dashboard: each query parses, each metric exists, each alert fires, one for real."""

import json
import re
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from bridge.cycle.outcome import RunOutcome
from bridge.web.metrics import Kept, Metrics
from tests.cli.scene import scene, until
from tests.daemon.serving import configure, serving
from tests.servers.programs import ServerProcess, free_port, require
from tests.web.site import JOB

pytestmark = pytest.mark.prometheus

RULES: Final = Path("deploy/prometheus/hyperproof-bridge.rules.yaml")
TESTS: Final = Path("tests/deploy/prometheus/alerts.yaml")
BOARD: Final = Path("deploy/grafana/hyperproof-bridge.json")
OPERATIONS: Final = Path("docs/operations.md").read_text()

ALERTS: Final[dict[str, Any]] = {
    rule["alert"]: rule for group in YAML(typ="safe").load(RULES.read_text())["groups"] for rule in group["rules"]
}
PANELS: Final[list[dict[str, Any]]] = json.loads(BOARD.read_text())["panels"]


def promtool(*words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run it."""
    command = (require("promtool", "prometheus"), *words)
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def queries() -> list[str]:
    """Every query of the dashboard, with values for its variables."""
    found = [target["expr"] for panel in PANELS for target in panel.get("targets", ())]
    return [query.replace("$__rate_interval", "5m").replace("$instance", ".*") for query in found]


def told() -> set[str]:
    """The metrics that a service tells, under every name that a query may use."""
    families = Metrics(lambda: Kept((), (), ()), lambda: JOB.jobs).registry.collect()
    names = set()
    for family in families:
        counted = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
        names |= {family.name + suffix for suffix in counted}
    return names


def used(query: str) -> set[str]:
    """The metrics that a query names."""
    return set(re.findall(r"\b(?:hyperproof_bridge|process)_\w+", query))


# ---- the rules -----------------------------------------------------------------------------------------


def test_the_rules_are_sound() -> None:
    """Prometheus takes them."""
    checked = promtool("check", "rules", str(RULES))
    assert checked.returncode == 0, checked.stderr


def test_each_alert_fires_when_it_should() -> None:
    """And not earlier; nothing fires while nothing is wrong."""
    tested = promtool("test", "rules", str(TESTS))
    assert tested.returncode == 0, tested.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_is_tested_both_ways(alert: str) -> None:
    """That it fires, and that it does not yet."""
    cases = [
        case
        for test in YAML(typ="safe").load(TESTS.read_text())["tests"]
        for case in test.get("alert_rule_test", ())
        if case["alertname"] == alert
    ]
    assert {bool(case["exp_alerts"]) for case in cases} == {True, False}


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_asks_for_what_there_is(alert: str) -> None:
    """Metrics of the service, and outcomes that runs have."""
    query = ALERTS[alert]["expr"]
    assert used(query)
    assert used(query) <= told()
    for outcomes in re.findall(r'outcome=~?"([^"]+)"', query):
        assert set(outcomes.split("|")) <= {*map(str, RunOutcome), "failed"}


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_has_its_remedy(alert: str) -> None:
    """In a row of its own in the operations' page, and no row is about one that is gone."""
    assert re.search(rf"^\| `{alert}` \| .+ \| .+ \|", OPERATIONS, re.MULTILINE)
    assert set(re.findall(r"HyperproofBridge\w+", OPERATIONS)) == set(ALERTS)


# ---- the dashboard -------------------------------------------------------------------------------------


def test_every_query_of_the_dashboard_parses(tmp_path: Path) -> None:
    """As Prometheus reads it."""
    rules = [{"record": f"query{number}", "expr": query} for number, query in enumerate(queries())]
    path = tmp_path / "rules.json"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    checked = promtool("check", "rules", str(path))
    assert checked.returncode == 0, checked.stderr
    assert len(rules) > 20


def test_the_dashboard_shows_what_there_is() -> None:
    """Every metric that it asks for is told; and all of ours but the moment of a quarantine are shown."""
    shown = set().union(*map(used, queries()))
    assert shown <= told()
    ours = {name for name in told() if name.startswith("hyperproof_bridge_")}
    assert {name for name in ours - shown if not name.endswith(("_sum", "_count"))} == {
        "hyperproof_bridge_quarantined_oldest_timestamp_seconds",
        "hyperproof_bridge_unconfirmed_removal_oldest_timestamp_seconds",
    }


def test_the_dashboard_is_whole() -> None:
    """Each panel has its number, its place, its words, and the data source that is chosen above."""
    board = json.loads(BOARD.read_text())
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in PANELS]
    assert len(set(places)) == len(places)
    for panel in (panel for panel in PANELS if panel["type"] != "row"):
        assert panel["title"]
        assert panel["description"]
        assert panel["datasource"]["uid"] == "${datasource}"
    assert [variable["name"] for variable in board["templating"]["list"]] == ["datasource", "instance"]


# ---- a real one ----------------------------------------------------------------------------------------


@pytest.fixture
def impatient(tmp_path: Path) -> Path:
    """The rules as they are, but that none waits."""
    path = tmp_path / "rules.yaml"
    path.write_text(re.sub(r"^( +for:) .*$", r"\1 0s", RULES.read_text(), flags=re.MULTILINE))
    return path


def test_a_real_prometheus_raises_the_alarm(tmp_path: Path, impatient: Path) -> None:
    """A directory is away: no run is complete, which Prometheus reads from the service, and says so."""
    port = free_port()
    server = ServerProcess(tmp_path / "prometheus.log")
    with scene(tmp_path) as company:
        configure(company)
        company.ldap.stop()
        with serving(company) as service:
            service.until_run(2)
            address = service.told("service.started")[0]["address"]
            config = tmp_path / "prometheus.json"
            config.write_text(
                json.dumps(
                    {
                        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                        "rule_files": [str(impatient)],
                        "scrape_configs": [{"job_name": "bridge", "static_configs": [{"targets": [address]}]}],
                    }
                )
            )
            assert promtool("check", "config", str(config)).returncode == 0
            where = (f"--web.listen-address=127.0.0.1:{port}", f"--storage.tsdb.path={tmp_path / 'data'}")
            command = (require("prometheus", "prometheus"), f"--config.file={config}", *where)
            assert server.start(command, [("127.0.0.1", port)]), server.said()
            try:
                until(lambda: "HyperproofBridgeStale" in firing(port))
                assert "HyperproofBridgeStoreUnreadable" not in firing(port)
            finally:
                server.stop()


def firing(port: int) -> set[str]:
    """The alerts that Prometheus says are firing; none while it is not ready."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/alerts", timeout=10) as answer:
            alerts = json.load(answer)["data"]["alerts"]
    except urllib.error.HTTPError as error:
        error.close()
        return set()
    return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}


def test_prometheus_has_nothing_against_the_figures() -> None:
    """Names, units and help texts, by its own linter."""
    checked = promtool(
        "check", "metrics", text=Metrics(lambda: Kept((), (), ()), lambda: JOB.jobs).text().decode()
    )
    assert (checked.returncode, checked.stderr) == (0, "")
