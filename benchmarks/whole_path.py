"""How long a run takes, stage by stage, and how much memory: from a real slapd through a plan into the sandbox.

    .venv/bin/python -m benchmarks.whole_path                                    50,000 people, 2,000 groups of 250
    .venv/bin/python -m benchmarks.whole_path --groups 401 --filled 1            a backfill of 100,000 memberships

slapd, the sandbox and the bridge are three processes; the figures are the bridge's own.
"""

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.clients import GROUPS, PEOPLE, Server, ldapsearch
from benchmarks.company import BASE, Company

CONFIGURATION = """\
hyperproof:
  region: us
  api_url: {api_url}
  token_url: {token_url}
  client_id: {client_id}
  client_secret: "${{env:SECRET}}"
directories:
  corp:
    type: ldap
    preset: openldap
    servers: [{ldap_url}]
    bind: {{method: simple, user: "{admin}", password: "${{env:PASSWORD}}"}}
    base_dn: {base}
groups:
  - for_each: {{corp: "g(?P<number>[0-9]+)"}}
    name: "Group {{number}}"
    create: true
store: {{path: {folder}/bridge.db}}
audit: {{file: {folder}/audit.jsonl}}
apply: true
"""


def serve(company: Company, filled: int, pipe: Connection) -> None:
    from bridge.sandbox.hyperproof import BRIDGE, HyperproofSandbox

    with HyperproofSandbox(company.organization(filled=filled), clients=(BRIDGE,)) as sandbox:
        pipe.send((sandbox.api_url, sandbox.token_url))
        pipe.recv()
        pipe.send(len([request for request in sandbox.requests if "/oauth/" not in request.path]))


@contextmanager
def stage(name: str, figures: dict[str, tuple[float, float]]) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    figures[name] = (time.perf_counter() - wall, time.process_time() - cpu)


def measure(path: Path) -> None:
    """One run, taken apart: run in a process of its own."""
    from bridge.config import load
    from bridge.core.change import Action
    from bridge.core.journal import RunKind
    from bridge.cycle.run import run_cycle
    from bridge.cycle.survey import Sides, survey
    from bridge.logs import set_up
    from bridge.wiring import wired_for_writing

    set_up("warning")
    figures: dict[str, tuple[float, float]] = {}
    with wired_for_writing(load(path, os.environ)) as wired:
        bridge = wired.bridge
        source = wired.sources[0]
        with stage("read LDAP", figures):
            read = source.read(bridge.policy.selectors())
        with stage("read Hyperproof", figures):
            current = wired.target.read()
        with stage("load memory", figures):
            memory = bridge.store.load()
        with stage("resolve, plan, guard", figures):
            sides = Sides({read.directory: read}, current, bridge.clock.monotonic())
            found = survey(sides, memory, (bridge.store, wired.target), bridge.policy)
        planned = sum(len(group.members(Action.ADD)) for group in found.plan.changed)
        memory_to_plan = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        del read, current, memory, sides, found
        for name in ("whole run (first)", "whole run (idle)"):
            with stage(name, figures):
                report = run_cycle(bridge, RunKind.SYNC)
            figures[f"  {report.outcome.value}"] = (0, 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"figures": figures, "planned": planned, "plan_kb": memory_to_plan, "peak_kb": peak}))


def main() -> None:
    from bridge.sandbox.hyperproof import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET
    from tests.servers.slapd import Slapd

    options = argparse.ArgumentParser()
    options.add_argument("--people", type=int, default=50_000)
    options.add_argument("--groups", type=int, default=2_000)
    options.add_argument("--size", type=int, default=250)
    options.add_argument(
        "--filled", type=int, default=None, help="groups that Hyperproof has already; all, unless said"
    )
    options.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.measure:
        measure(chosen.measure)
        return
    company = Company(chosen.people, chosen.groups, chosen.size)
    filled = company.groups if chosen.filled is None else chosen.filled
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(company, filled, theirs), daemon=True)
    server.start()
    with Slapd(company.ldif(), limits="sizelimit unlimited") as slapd, tempfile.TemporaryDirectory() as folder:
        api_url, token_url = ours.recv()
        path = Path(folder) / "bridge.yaml"
        values = {"api_url": api_url, "token_url": token_url, "client_id": DEFAULT_CLIENT_ID, "folder": folder}
        values |= {"ldap_url": slapd.url, "admin": slapd.admin_dn, "base": BASE}
        path.write_text(CONFIGURATION.format(**values))
        env = {**os.environ, "SECRET": DEFAULT_CLIENT_SECRET, "PASSWORD": slapd.admin_password}
        reference = ldapsearch(Server(slapd.url, slapd.admin_dn, slapd.admin_password), PEOPLE, GROUPS).seconds
        command = [sys.executable, "-m", "benchmarks.whole_path", "--measure", str(path)]
        told = json.loads(subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout)
        database = sum(file.stat().st_size for file in Path(folder).iterdir())
    ours.send(None)
    calls = ours.recv()
    report(company, told, reference, calls, database)


def report(company: Company, told: dict[str, object], reference: float, calls: int, database: int) -> None:
    figures = told["figures"]
    assert isinstance(figures, dict)
    print(f"{company.people} people, {company.groups} groups of {company.size}; {told['planned']} adds planned")
    print(f"{'stage':28} {'wall s':>8} {'CPU s':>8}")
    for name, (wall, cpu) in figures.items():
        print(f"{name:28} {wall:8.2f} {cpu:8.2f}" if wall else name)
    times = figures["read LDAP"][0] / reference
    print(f"ldapsearch, the same entries {reference:8.2f}   our read takes {times:.1f} times that")
    to_plan, in_all = (int(str(told[key])) // 1024 for key in ("plan_kb", "peak_kb"))
    print(f"peak memory {to_plan} MB to the plan, {in_all} MB in all")
    print(f"{calls} calls to Hyperproof; database and audit file {database // 1_000_000} MB")


if __name__ == "__main__":
    main()
