"""How long `explain` takes, from the start of its process to the end, by what a run kept of a big company.

.venv/bin/python -m benchmarks.explain                                       50,000 people, 2,000 groups of 250
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.whole_path import CONFIGURATION


def keep(path: Path, people: int, groups: int, size: int) -> float:
    """Fill a database as a run does, and tell how long keeping the pictures took."""
    from bridge.config import load
    from bridge.config.policy import policy
    from bridge.core.fingerprint import Fingerprints
    from bridge.core.journal import Recollection, Record, Run, RunKind
    from bridge.core.model import (
        Account,
        AccountId,
        DirectoryGroup,
        DirectoryName,
        DirectoryRead,
        Group,
        GroupId,
        InnerGroup,
        Nesting,
        Person,
        PersonId,
        Selection,
        Standing,
        email,
    )
    from bridge.core.picture import ManagedPicture, TargetPicture, new_pictures, sides_of
    from bridge.store.store import open_store

    configuration = load(path, os.environ)
    chosen = policy(configuration)
    (pattern,) = chosen.patterns
    corp = DirectoryName("corp")
    everybody = [
        Person(
            PersonId(f"corp:{n:08x}-7b0d-103f-9c3c-9d2f3f5a9a7a"),
            (email(f"person{n}@corp.example"),),
            f"Person {n}",
            f"uid=person{n},ou=people,dc=corp,dc=example",
        )
        for n in range(people)
    ]
    accounts = [
        Account(AccountId(f"acc-{n}"), f"o-{n}", p.addresses[0], p.name, Standing.ACTIVE)
        for n, p in enumerate(everybody)
    ]
    chosen_numbers = [[(g * 7919 + n * 101) % people for n in range(size)] for g in range(groups)]
    found = tuple(
        DirectoryGroup(
            f"corp:g{n}", f"g{n}", f"cn=g{n},dc=corp,dc=example", frozenset(everybody[one].id for one in some)
        )
        for n, some in enumerate(chosen_numbers)
    )
    nesting = Nesting(
        {group.label: InnerGroup(group.label, group.members) for group in found},
        {group.id: group.label for group in found},
    )
    read = DirectoryRead(
        corp, "ldap://corp", {p.id: p for p in everybody}, {pattern.selector: Selection(found)}, nesting=nesting
    )
    managed = tuple(
        ManagedPicture(
            f"{pattern.key}/corp:g{n}",
            f"Group {n}",
            pattern.where,
            Group(GroupId(f"id{n}"), f"Group {n}", None, frozenset(accounts[one].id for one in some)),
        )
        for n, some in enumerate(chosen_numbers)
    )
    now = datetime.now(UTC)
    with open_store(configuration.store.place, configuration.organization, lambda: now) as store:
        run = Run("run", RunKind.SYNC, now, chosen.config_hash)
        store.record_start(run, [])
        for number, some in enumerate(chosen_numbers):  # with the evidence that a run leaves of each member
            facts = {"mapping": managed[number].key, "group_id": f"id{number}", "group": f"Group {number}"}
            store.record(
                [
                    Record(
                        "member.added",
                        now,
                        "run",
                        {
                            "intent": f"intent-{number}",
                            **facts,
                            "account": accounts[one].id,
                            "cause": "in directory group",
                            "people": [everybody[one].id],
                            "email": everybody[one].addresses[0],
                        },
                    )
                    for one in some
                ]
            )
        links = {person.id: account.id for person, account in zip(everybody, accounts, strict=True)}
        begin = time.perf_counter()
        pictures = tuple(new_pictures({corp: read}, TargetPicture(tuple(accounts), managed), {}, Fingerprints()))
        noticed = time.perf_counter() - begin
        left = Recollection(links=links, pictures=pictures, pictured=sides_of([corp]))
        store.record_end(run, "nothing to do", left, [])
    return noticed


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--people", type=int, default=50_000)
    options.add_argument("--groups", type=int, default=2_000)
    options.add_argument("--size", type=int, default=250)
    options.add_argument("--times", type=int, default=15)
    chosen = options.parse_args()
    os.environ |= {"SECRET": "secret", "PASSWORD": "secret"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bridge.yaml"
        values = {
            "api_url": "http://127.0.0.1:9/v1",
            "token_url": "http://127.0.0.1:9/token",
            "client_id": "bridge",
        }
        values |= {"folder": folder, "ldap_url": "ldap://127.0.0.1:9", "admin": "cn=admin", "base": "dc=example"}
        path.write_text(CONFIGURATION.format(**values))
        noticed = keep(path, chosen.people, chosen.groups, chosen.size)
        program = Path(sys.executable).with_name("hyperproof-bridge")
        command = [str(program), "explain", "person4711@corp.example", "--config", str(path)]
        walls, cpus = [], []
        for _ in range(chosen.times):
            wall, cpu = time.perf_counter(), os.times()
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            after = os.times()
            walls.append(time.perf_counter() - wall)
            cpus.append(after.children_user + after.children_system - cpu.children_user - cpu.children_system)
        lines = len(done.stdout.splitlines())
        print(f"{chosen.people} people, {chosen.groups} groups of {chosen.size}; an answer of {lines} lines")
        print(f"the whole process: {statistics.median(walls):.2f} s wall, {statistics.median(cpus):.2f} s CPU")
        print(f"to see that nothing is new, in each run: {noticed:.2f} s")
        print(f"database: {sum(file.stat().st_size for file in Path(folder).glob('bridge.db*')) // 1_000_000} MB")


if __name__ == "__main__":
    main()
