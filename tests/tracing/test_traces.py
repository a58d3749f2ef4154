"""Runs as traces: what a collector gets, over a socket, and what becomes of a run whose collector is not well."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from bridge.cli.exits import Exit
from bridge.sandbox.hyperproof import Act, Fault, throttle_answer
from tests.cli.befores import be_without_opentelemetry
from tests.cli.scene import Scene, scene, until
from tests.daemon.serving import configure, serving, stopped
from tests.servers.collector import Collector, collector, facts

SECRET = "Bearer a-token-of-the-collector"


def trace_to(company: Scene, url: str, more: str = "") -> None:
    """Configure tracing."""
    company.config.write_text(f"{company.config.read_text()}\ntracing: {{endpoint: '{url}'{more}}}\n")


def run_id(company: Scene) -> str:
    """The id of the last run, from the evidence."""
    lines = [json.loads(line) for line in company.audit.read_text().splitlines()]
    return str(next(line["run"] for line in reversed(lines) if line["event"] == "run.started"))


def below(told: Collector, parent: Span) -> set[str]:
    """The names of the spans right below one."""
    return {span.name for span in told.spans if span.parent_span_id == parent.span_id}


@pytest.mark.parametrize(("command", "kind"), [(("sync",), "sync"), (("backfill", "--report=r.json"), "backfill")])
def test_a_run_is_one_trace(tmp_path: Path, command: tuple[str, ...], kind: str) -> None:
    """The run on top, with its id; every step below it, with counts; a group's reading back within its writing."""
    with scene(tmp_path) as company, collector() as told:
        trace_to(company, told.url)
        assert company.run(*command).code == Exit.OK
        run = told.one("run")
        assert run.parent_span_id == b""
        assert {span.trace_id for span in told.spans} == {run.trace_id}
        assert below(told, run) == {"read directory", "read Hyperproof", "settle", "plan", "write group"}
        known = facts(run.attributes)
        assert (known["bridge.run"], known["bridge.kind"]) == (run_id(company), kind)
        assert known["bridge.outcome"] == "changes applied"
        done = sum(known[f"bridge.{what}"] for what in ("added", "removed", "created", "renamed", "leads"))
        assert done == sum(facts(span.attributes)["bridge.applied"] for span in told.named("write group")) > 0
        assert facts(told.one("read directory").attributes)["bridge.directory"] == "corp"
        for back in told.named("read back"):
            (writing,) = [span for span in told.named("write group") if span.span_id == back.parent_span_id]
            assert facts(writing.attributes)["bridge.group"] == facts(back.attributes)["bridge.group"]
        assert {span.status.code for span in told.spans} == {Status.STATUS_CODE_UNSET}
        assert set(told.paths) == {"/v1/traces"}
        assert told.resources[0]["service.name"] == "hyperproof-bridge"


def test_nobody_is_named(tmp_path: Path) -> None:
    """No address, no DN, no account: ids of runs and groups, counts, outcomes."""
    with scene(tmp_path) as company, collector() as told:
        trace_to(company, told.url)
        company.run("sync")
        sent = " ".join(f"{span.name} {facts(span.attributes)} {span.status.message}" for span in told.spans)
        assert told.named("write group")
        assert not [name for name in ("@", "dc=", "liam", "grace", "anna") if name in sent]


def test_what_fails_is_marked(tmp_path: Path) -> None:
    """A directory that gives no answer, and the run that it spoils; what was well is not marked."""
    with scene(tmp_path) as company, collector() as told:
        trace_to(company, told.url)
        company.ldap.stop()
        company.run("sync")
        assert told.one("read directory").status.code == Status.STATUS_CODE_ERROR
        assert told.one("read directory").status.message == "Unavailable"
        assert told.one("run").status.code == Status.STATUS_CODE_ERROR
        assert told.one("run").status.message == "could not read"
        assert told.one("read Hyperproof").status.code == Status.STATUS_CODE_UNSET


def test_an_exception_is_the_failure_of_what_it_leaves(tmp_path: Path) -> None:
    """Hyperproof puts us off: the run is broken off, and its trace arrives all the same."""
    with scene(tmp_path) as company, collector() as told:
        trace_to(company, told.url)
        company.hyperproof.faults.add(Fault(Act.ANSWER, path="/users$", answer=throttle_answer("429", 7200)))
        assert company.run("sync").code == Exit.DEFERRED
        assert told.one("read Hyperproof").status.code == Status.STATUS_CODE_ERROR
        assert told.one("run").status.code == Status.STATUS_CODE_ERROR
        assert told.one("read Hyperproof").status.message == told.one("run").status.message == "Throttled"


def test_headers_are_sent_and_never_shown(tmp_path: Path) -> None:
    """They are secrets, given by reference."""
    with scene(tmp_path) as company, collector() as told:
        trace_to(company, told.url, ", headers: {Authorization: '${env:OTEL_TOKEN}'}")
        company.environ["OTEL_TOKEN"] = SECRET
        ended = company.run("sync")
        assert ended.code == Exit.OK
        assert {each["authorization"] for each in told.headers} == {SECRET}
        assert SECRET not in ended.text


def test_nothing_goes_where_a_collector_sends_it(tmp_path: Path) -> None:
    """Headers are for the one that is configured."""
    with scene(tmp_path) as company, collector() as other, collector(moved_to=other.url) as told:
        trace_to(company, told.url, ", headers: {X-Key: '${env:OTEL_TOKEN}'}")
        company.environ["OTEL_TOKEN"] = SECRET
        assert company.run("sync").code == Exit.OK
        assert {each["x-key"] for each in told.headers} == {SECRET}
        assert other.paths == []


def test_a_service_traces_each_of_its_runs(tmp_path: Path) -> None:
    """While it runs, not only at its end."""
    with scene(tmp_path) as company, collector() as told:
        configure(company)
        trace_to(company, told.url)
        with serving(company) as service:
            run = service.until_run()["run"]
            until(lambda: bool(told.named("run")))
            assert facts(told.one("run").attributes)["bridge.run"] == run
            stopped(service)


def test_a_plan_leaves_no_trace(tmp_path: Path) -> None:
    """It is no run."""
    with scene(tmp_path) as company, collector() as told:
        trace_to(company, told.url)
        assert company.run("plan").code == Exit.OK
        assert told.spans == []


# ---- a collector that is not well


def test_a_collector_that_is_not_there_hinders_nothing(tmp_path: Path) -> None:
    """The run is made, and one line says that its trace is lost."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with scene(tmp_path) as company:
        trace_to(company, f"http://127.0.0.1:{port}")
        ended = company.run("sync")
        assert ended.code == Exit.OK
        assert ended.err.count("traces.lost") == 1
        assert "Traceback" not in ended.text


def test_a_collector_that_never_answers_hinders_nothing(tmp_path: Path) -> None:
    """The command gives it up while the request is still out."""
    with scene(tmp_path) as company, collector(hangs=True) as told:
        trace_to(company, told.url)
        ended = company.run("sync")
        assert ended.code == Exit.OK
        assert told.named("run")
        assert "not sent within 2 seconds" in ended.err
        assert not told.released.is_set()


def test_a_service_stops_without_its_collector(tmp_path: Path) -> None:
    """SIGTERM ends it well, and the run before was not held up."""
    with scene(tmp_path) as company, collector(hangs=True) as told:
        configure(company)
        trace_to(company, told.url)
        with serving(company) as service:
            service.until_run()
            until(lambda: bool(told.named("run")))
            stopped(service)
            assert "not sent within 2 seconds" in service.told("traces.lost")[-1]["reason"]


# ---- without it


def test_without_its_packages_it_is_a_matter_of_configuration(tmp_path: Path) -> None:
    """Said with the key and how to install them, before anything is read."""
    with scene(tmp_path) as company:
        trace_to(company, "http://127.0.0.1:4318")
        for command in ("check", "plan", "sync"):
            ended = company.run(command, before=be_without_opentelemetry)
            assert ended.code == Exit.CONFIGURATION
            assert "tracing: Tracing needs packages that are not installed" in ended.text
            assert "pip install hyperproof-bridge[tracing]" in ended.text
        assert company.ldap.operations == ()


def test_where_it_is_off_nothing_is_loaded() -> None:
    """Whoever wires a run without the section loads none of its packages."""
    loaded = "import sys, bridge.wiring, bridge.cli.run; print([m for m in sys.modules if 'opentelemetry' in m])"
    told = subprocess.run((sys.executable, "-c", loaded), capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
