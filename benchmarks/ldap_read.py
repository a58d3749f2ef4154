"""Our read of a directory beside ldapsearch and python-ldap: wall time in turns, and peak memory, each by itself.

    .venv/bin/python -m benchmarks.ldap_read
    .venv/bin/python -m benchmarks.ldap_read --python-ldap /elsewhere/.venv/bin/python

50,000 people and 2,000 groups of 250, over plain LDAP, StartTLS and ldaps; then one group of 100,000. The others
fetch entries and leave them at that; ldapsearch writes them to nowhere. Our read gives what a run works with: the
people by their ids, with addresses and names, and who of them is in which group, with the disabled left out.
"""

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from benchmarks.clients import (
    GROUPS,
    PEOPLE,
    Figures,
    Server,
    ldapsearch,
    peak_mb,
    python_ldap,
    told,
)
from benchmarks.company import BASE, Company

if TYPE_CHECKING:  # each client's memory holds what it needs, and no more
    from bridge.sources.ldap.settings import LdapSettings

LARGE = 100_000

Client = Callable[[Server], Figures]


def ours(task: str) -> Client:
    command = [sys.executable, "-m", "benchmarks.ldap_read", "--client", task]
    return lambda server: told(command, asdict(server))


def clients(python: str, *, whole: bool) -> dict[str, Client]:
    searches = (PEOPLE, GROUPS) if whole else (GROUPS,)
    found: dict[str, Client] = {"ldapsearch": lambda server: ldapsearch(server, *searches)}
    if python:
        found["python-ldap"] = lambda server: python_ldap(python, server, *searches)
    if whole:
        return found | {"our read": ours("read")}
    return found | {"ours, decoded": ours("group"), "ours, told who": ours("members")}


def measured(server: Server, clients: Mapping[str, Client], rounds: int) -> dict[str, list[Figures]]:
    """Everybody in turn, so that a busy machine is busy for all."""
    found: dict[str, list[Figures]] = {name: [] for name in clients}
    for _ in range(rounds):
        for name, client in clients.items():
            found[name].append(client(server))
    return found


def report(title: str, found: Mapping[str, list[Figures]]) -> None:
    print(f"\n{title}\n{'client':16} {'wall s':>8} {'ratio':>6} {'CPU s':>7} {'peak MB':>8} {'before':>7}")
    reference = [one.seconds for one in found["ldapsearch"]]
    for name, figures in found.items():
        ratio = statistics.median(one.seconds / other for one, other in zip(figures, reference, strict=True))
        seconds, cpu, peak, before = (
            statistics.median(getattr(one, part) for one in figures)
            for part in ("seconds", "cpu", "peak_mb", "before_mb")
        )
        print(f"{name:16} {seconds:8.3f} {ratio:6.2f} {cpu:7.3f} {peak:8.0f} {before:7.0f}")


def read(server: Server, task: str) -> Figures:
    """Our side, in this process; the collector rests, as it does in a run."""
    from bridge.core.model import DirectoryName, Selector, SelectorKind
    from bridge.sources.ldap.presets import PRESETS
    from bridge.sources.ldap.settings import Bind, BindMethod, Domain, LdapSettings, Tls
    from bridge.sources.ldap.source import LdapSource

    gc.disable()
    corp = DirectoryName("corp")
    settings = LdapSettings(
        corp,
        (Domain(BASE, (server.url,)),),
        PRESETS["openldap"],
        Bind(BindMethod.SIMPLE, server.user, server.password),
        Tls(start=server.start_tls, ca_file=Path(server.ca_file) if server.ca_file else None),
    )
    if task != "read":
        return read_group(settings, told=task == "members")
    with Stopwatch() as watch:
        found = LdapSource(settings).read([Selector(corp, SelectorKind.PATTERN, "g.*")])
    assert (len(found.people) > LARGE / 4, found.doubts) == (True, ())
    return watch.figures


def read_group(settings: "LdapSettings", *, told: bool) -> Figures:
    """The one group: its entry alone, or, where everybody was read before, whom its members are."""
    from bridge.sources.ldap.connection import opened
    from bridge.sources.ldap.groups import Groups
    from bridge.sources.ldap.people import People
    from bridge.sources.ldap.search import PagedSearch, Query
    from bridge.sources.ldap.wire import WirePages

    schema = settings.schema
    people = People(settings.name, schema)
    everybody = Query("people", BASE, schema.people_filter, schema.person_attributes)
    wanted = Query("groups", BASE, schema.group_filter, schema.whole_group_attributes)
    with opened(settings, settings.domains[0].servers[0]) as session:
        reader = WirePages(session)
        for entry in PagedSearch(reader, everybody, settings.page_size).entries() if told else ():
            people.add(entry)
        groups = Groups(settings.name, schema, people)
        with Stopwatch() as watch:
            search = PagedSearch(reader, wanted, settings.page_size)
            found = [len(group.people) for group in search.made(groups.made)] if told else list(search.entries())
    assert found == [LARGE] or not told
    return watch.figures


class Stopwatch:
    def __enter__(self) -> Self:
        self._before = peak_mb()
        self._began = (time.perf_counter(), time.process_time())
        return self

    def __exit__(self, *_: object) -> None:
        seconds, cpu = time.perf_counter() - self._began[0], time.process_time() - self._began[1]
        self.figures = Figures(seconds, cpu, peak_mb(), self._before)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--python-ldap", default="", help="an interpreter that has python-ldap")
    options.add_argument("--client", help=argparse.SUPPRESS)
    options.add_argument("server", nargs="?", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.client:
        print(json.dumps(asdict(read(Server(**json.loads(chosen.server)), chosen.client))))
        return
    if not chosen.python_ldap:
        print("python-ldap is left out: name an interpreter that has it with --python-ldap")
    from tests.servers.slapd import Slapd

    company = Company(50_000, 2_000, 250)
    with Slapd(company.ldif(), limits="sizelimit unlimited") as slapd:
        plain = Server(slapd.url, slapd.admin_dn, slapd.admin_password)
        secured = replace(plain, ca_file=str(slapd.ca_file))
        for name, server in (
            ("plain", plain),
            ("StartTLS", replace(secured, start_tls=True)),
            ("ldaps", replace(secured, url=slapd.ldaps_url)),
        ):
            found = measured(server, clients(chosen.python_ldap, whole=True), chosen.rounds)
            report(f"{company.people} people, {company.groups} groups of {company.size}, {name}", found)
    with Slapd(Company(LARGE, 1, LARGE).ldif(), limits="sizelimit unlimited") as slapd:
        plain = Server(slapd.url, slapd.admin_dn, slapd.admin_password)
        found = measured(plain, clients(chosen.python_ldap, whole=False), chosen.rounds)
        report(f"one group of {LARGE}, plain", found)


if __name__ == "__main__":
    main()
