"""What runs cost the directory: read in full, and recalled because nothing changed. From a real slapd.

    .venv/bin/python -m benchmarks.short_interval          50,000 people, 2,000 groups of 250 (500,000 memberships)

slapd, the sandbox and every run are processes of their own. Requests and entries are those of the record of
completeness; bytes are counted on their way from slapd by a relay, seconds are the run's own.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks.company import BASE, Company, dn
from benchmarks.whole_path import CONFIGURATION, serve

if TYPE_CHECKING:
    from bridge.core.model import DirectoryName, DirectoryRead, Selector
    from bridge.cycle.ports import Source

RECALLING = CONFIGURATION.replace("    base_dn:", "    full_read_every: 1d\n    base_dn:")
COLUMNS = ("run", "outcome", "recalled", "requests", "entries", "KB", "read s", "read CPU", "run s", "peak MB")


class Relay:
    """Carries bytes between clients and a server, and counts those that come from the server."""

    def __init__(self, url: str) -> None:
        self._port = urlsplit(url).port or 389
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.carried = 0
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            client, _ = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", self._port))
            threading.Thread(target=self._carry, args=(client, server), daemon=True).start()
            threading.Thread(target=self._carry_back, args=(server, client), daemon=True).start()

    def _carry(self, source: socket.socket, to: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(2**18):
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)

    def _carry_back(self, source: socket.socket, to: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(2**18):
                self.carried += len(data)
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)


class Timed:
    """A source that takes the time."""

    def __init__(self, source: "Source") -> None:
        self._source = source
        self.seconds = 0.0
        self.cpu = 0.0

    @property
    def name(self) -> "DirectoryName":
        return self._source.name

    def read(self, selectors: "Sequence[Selector]") -> "DirectoryRead":
        with self._taken():
            return self._source.read(selectors)

    def read_fully(self, selectors: "Sequence[Selector]") -> "DirectoryRead":
        with self._taken():
            return self._source.read_fully(selectors)

    @contextmanager
    def _taken(self) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.thread_time()
        yield
        self.seconds += time.perf_counter() - wall
        self.cpu += time.thread_time() - cpu


def measure(path: Path) -> None:
    """One run, in a process of its own."""
    from bridge.config import load
    from bridge.core.journal import RunKind
    from bridge.cycle.run import run_cycle
    from bridge.logs import set_up
    from bridge.wiring import wired_for_writing

    set_up("warning")
    began = time.perf_counter()
    with wired_for_writing(load(path, os.environ)) as wired:
        timed = Timed(wired.bridge.sources[0])
        report = run_cycle(replace(wired.bridge, sources=(timed,)), RunKind.SYNC)
    whole = time.perf_counter() - began
    (read,) = report.reads
    told = {
        "outcome": report.outcome.value,
        "recalled": "yes" if read.recalled else "",
        "requests": sum(search.pages for search in read.searches),
        "entries": sum(search.entries for search in read.searches),
        "read s": round(timed.seconds, 2),
        "read CPU": round(timed.cpu, 2),
        "run s": round(whole, 2),
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(told))


def main() -> None:
    from bridge.sandbox.hyperproof import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET
    from tests.servers.slapd import Slapd

    options = argparse.ArgumentParser()
    options.add_argument("--people", type=int, default=50_000)
    options.add_argument("--groups", type=int, default=2_000)
    options.add_argument("--size", type=int, default=250)
    options.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.measure:
        measure(chosen.measure)
        return
    company = Company(chosen.people, chosen.groups, chosen.size)
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(company, company.groups, theirs), daemon=True)
    server.start()
    print(f"{company.people} people, {company.groups} groups of {company.size}")
    with Slapd(company.ldif(), limits="sizelimit unlimited") as slapd, tempfile.TemporaryDirectory() as folder:
        relay = Relay(slapd.url)
        api_url, token_url = ours.recv()
        values = {"api_url": api_url, "token_url": token_url, "client_id": DEFAULT_CLIENT_ID, "base": BASE}
        values |= {"ldap_url": relay.url, "admin": slapd.admin_dn}
        env = {**os.environ, "SECRET": DEFAULT_CLIENT_SECRET, "PASSWORD": slapd.admin_password}
        rows = []
        for label, configuration, happen in story(slapd.url, slapd.admin_dn, slapd.admin_password):
            happen()
            home = Path(folder) / str(len(configuration))
            home.mkdir(exist_ok=True)
            path = home / "bridge.yaml"
            path.write_text(configuration.format(**values, folder=home))
            relay.carried = 0
            command = [sys.executable, "-m", "benchmarks.short_interval", "--measure", str(path)]
            done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
            rows.append({"run": label, **json.loads(done.stdout), "KB": round(relay.carried / 1000, 1)})
    ours.send(None)
    print(" ".join(f"{column:>{width(column)}}" for column in COLUMNS))
    for row in rows:
        print(" ".join(f"{row[column]:>{width(column)}}" for column in COLUMNS))


def width(column: str) -> int:
    return {"run": 44, "outcome": 16}.get(column, 9)


def story(url: str, user: str, password: str) -> Iterator[tuple[str, str, Callable[[], None]]]:
    """Runs: what each is about, under which configuration, and what happens before it."""
    import ldap3

    def modify(name: str, attribute: str, operation: str, value: str) -> Callable[[], None]:
        def act() -> None:
            at = ldap3.Server(url, get_info=ldap3.NONE)
            with ldap3.Connection(at, user, password, raise_exceptions=True) as connection:
                connection.modify(name, {attribute: [(operation, [value])]})  # type: ignore[no-untyped-call]

        return act

    def nothing() -> None:
        pass

    group, outsider = f"cn=g00000,ou=groups,{BASE}", f"uid=p{0:06},ou=people,{BASE}"
    yield "every run in full: the first", CONFIGURATION, nothing
    yield "every run in full: nothing changed", CONFIGURATION, nothing
    yield "recalling: the first, with its mark", RECALLING, nothing
    yield "recalling: nothing changed", RECALLING, nothing
    yield "recalling: nothing changed", RECALLING, nothing
    yield (
        "recalling: a member has another password",
        RECALLING,
        modify(dn(1), "userPassword", "MODIFY_REPLACE", "x"),
    )
    yield "recalling: a member has another address", RECALLING, modify(dn(1), "mail", "MODIFY_ADD", "p@new.test")
    yield "recalling: nothing changed since", RECALLING, nothing
    yield "recalling: somebody joined a group", RECALLING, modify(group, "member", "MODIFY_ADD", outsider)
    yield "recalling: nothing changed since", RECALLING, nothing


if __name__ == "__main__":
    main()
