"""How long a read of an Entra tenant takes, by how many calls, in how much memory: beside one request a group.

    .venv/bin/python -m benchmarks.entra
    .venv/bin/python -m benchmarks.entra --latency 0

The sandbox and the reader are two processes; the figures are the reader's own. The simple rival asks for one page
after the other, in one connection, and keeps the ids of the members and nothing else.
"""

import argparse
import json
import multiprocessing
import resource
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

CASES = ((300, 999), (1_000, 250), (1, 100_000))
"""Groups, and the people in each."""


def serve(groups: int, size: int, latency: float, pipe: Connection) -> None:
    from bridge.sandbox.graph import EntraSandbox, Fault, Slow, Tenant

    tenant = Tenant()
    count = max(size, 20_000)
    people = [tenant.add_user(f"Person {number:06}") for number in range(count)]
    for number in range(groups):
        first = number * size % count
        tenant.add_group(f"G{number:04}", [people[(first + n) % count] for n in range(size)])
    with EntraSandbox(tenant) as sandbox:
        if latency:
            sandbox.faults.add(Fault(Slow(latency), path="/v1.0/", inside=False, count=0))
        ids = [one.id for one in tenant.objects.values() if one.kind == "group"]
        pipe.send((sandbox.url, tenant.id, sandbox.certificates.pem, ids))
        while pipe.recv():
            calls = sandbox.calls
            sandbox.clear_log()
            pipe.send((calls.direct, calls.batches))


def read_whole(url: str, tenant: str, ca_file: Path, ids: Sequence[str]) -> int:
    from bridge.clock import SystemClock
    from bridge.core.model import DirectoryName, Selector, SelectorKind
    from bridge.sandbox.graph import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET
    from bridge.sources.entra.settings import ClientSecret, EntraSettings
    from bridge.sources.entra.source import open_entra
    from bridge.transport.settings import Route

    name = DirectoryName("cloud")
    secret = ClientSecret(lambda: DEFAULT_CLIENT_SECRET)
    settings = EntraSettings(
        name, tenant, DEFAULT_CLIENT_ID, secret, login_url=url, graph_url=url, route=Route(ca_file)
    )
    with open_entra(settings, SystemClock()) as source:
        read = source.read([Selector(name, SelectorKind.ID, one) for one in ids])
    assert not any(selection.doubts for selection in read.selections.values())
    return sum(len(group.members) for selection in read.selections.values() for group in selection.groups)


def read_one_by_one(url: str, tenant: str, ca_file: Path, ids: Sequence[str]) -> int:
    import httpx

    from bridge.sandbox.graph import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET

    form = {
        "grant_type": "client_credentials",
        "client_id": DEFAULT_CLIENT_ID,
        "client_secret": DEFAULT_CLIENT_SECRET,
    }
    form["scope"] = "https://graph.microsoft.com/.default"
    members: dict[str, set[str]] = {}
    with httpx.Client(verify=ssl.create_default_context(cafile=ca_file), timeout=60) as http:
        token = http.post(f"{url}/{tenant}/oauth2/v2.0/token", data=form).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        for one in ids:
            http.get(f"{url}/v1.0/groups/{one}?$select=id,displayName").raise_for_status()
            link = f"{url}/v1.0/groups/{one}/transitiveMembers?$select=id,mail,accountEnabled&$top=999"
            found = members.setdefault(one, set())
            while link:
                page = http.get(link).raise_for_status().json()
                found |= {item["id"] for item in page["value"]}
                link = page.get("@odata.nextLink")
    return sum(map(len, members.values()))


READERS = {"the bridge": read_whole, "one by one": read_one_by_one}


def measure(reader: str, place: Path) -> None:
    """One read, in a process of its own."""
    url, tenant, ids = json.loads(place.read_text())
    wall, cpu = time.perf_counter(), time.process_time()
    memberships = READERS[reader](url, tenant, place.with_name("authority.pem"), ids)
    took = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps((*took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, memberships)))


def compare(groups: int, size: int, latency: float, folder: Path) -> None:
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(groups, size, latency, theirs), daemon=True)
    server.start()
    url, tenant, pem, ids = ours.recv()
    place = folder / "place.json"
    place.write_text(json.dumps((url, tenant, ids)))
    place.with_name("authority.pem").write_text(pem)
    print(f"\n{groups} groups of {size}, {latency * 1000:.0f} ms for each call")
    for reader in READERS:
        command = [sys.executable, "-m", "benchmarks.entra", "--measure", reader, "--place", str(place)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        wall, cpu, peak, memberships = told
        assert memberships == groups * size
        ours.send(True)
        calls, batches = ours.recv()
        print(
            f"{reader:12} {wall:7.1f} s {cpu:6.1f} s CPU {peak // 1024:5} MB "
            f"{calls:5} calls, of them {batches} batches",
            flush=True,
        )
    ours.send(False)
    server.join()


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument(
        "--latency", type=float, default=0.15, help="seconds that each call takes beside the work"
    )
    options.add_argument("--measure", choices=READERS, help=argparse.SUPPRESS)
    options.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.measure:
        measure(chosen.measure, chosen.place)
        return
    with tempfile.TemporaryDirectory() as folder:
        for groups, size in CASES:
            compare(groups, size, chosen.latency, Path(folder))


if __name__ == "__main__":
    main()
