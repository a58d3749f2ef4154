"""Clients of a directory beside ours, each in a process of its own: OpenLDAP's ldapsearch, and python-ldap."""

import json
import os
import subprocess
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.company import BASE

PAGE_SIZE = 1000

Search = tuple[str, tuple[str, ...]]
PEOPLE: Search = ("(objectClass=inetOrgPerson)", ("entryUUID", "mail", "displayName", "cn"))
GROUPS: Search = (
    "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=groupOfMembers)(objectClass=groupOfURLs))",
    ("entryUUID", "cn", "memberURL", "member", "uniqueMember"),
)
"""What our read asks for with the preset openldap, but for the disabled people, of whom there are none."""


@dataclass(frozen=True)
class Server:
    url: str
    user: str
    password: str
    ca_file: str = ""
    start_tls: bool = False

    @property
    def for_openldap(self) -> "Server":
        """Its tools take no localhost from our certificate."""
        return replace(self, url=self.url.replace("localhost", "127.0.0.1"))


@dataclass(frozen=True)
class Figures:
    seconds: float
    cpu: float
    peak_mb: float = 0
    before_mb: float = 0
    """Held before the first byte was asked for."""


def ldapsearch(server: Server, *searches: Search) -> Figures:
    """From its start to its end, its output thrown away; its memory is looked at in a run of its own."""
    began, cpu = time.perf_counter(), 0.0
    for search in searches:
        process = started(server, search)
        _, status, used = os.wait4(process.pid, 0)
        if status:
            raise RuntimeError(f"ldapsearch ended with status {status}")
        cpu += used.ru_utime + used.ru_stime
    seconds = time.perf_counter() - began
    return Figures(seconds, cpu, ldapsearch_peak(server, *searches))


def ldapsearch_peak(server: Server, *searches: Search) -> float:
    """Looked at from outside: what is told of a process that is over holds the memory of whoever started it."""
    peak = 0.0
    for search in searches:
        process = started(server, search)
        while process.poll() is None:
            peak = max(peak, peak_mb(str(process.pid)))
            time.sleep(0.005)
    return peak


def started(server: Server, search: Search) -> "subprocess.Popen[bytes]":
    server = server.for_openldap
    condition, attributes = search
    sign_in = ["-x", "-H", server.url, "-D", server.user, "-w", server.password]
    paged = ["-LLL", *(["-ZZ"] if server.start_tls else []), *sign_in, "-E", f"pr={PAGE_SIZE}/noprompt"]
    env = {**os.environ, "LDAPTLS_CACERT": server.ca_file} if server.ca_file else dict(os.environ)
    command = ["ldapsearch", *paged, "-b", BASE, condition, *attributes]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)


def peak_mb(process: str = "self") -> float:
    """The most memory that a process ever held; 0 where it is over."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0)


def python_ldap(python: str, server: Server, *searches: Search) -> Figures:
    """From the connection to the last entry, as bytes, in this interpreter, which has python-ldap."""
    asked = {**asdict(server.for_openldap), "base": BASE, "page_size": PAGE_SIZE, "searches": searches}
    return told([python, str(Path(__file__).with_name("python_ldap_client.py"))], asked)


def told(command: list[str], asked: object) -> Figures:
    """What a client tells of itself."""
    out = subprocess.run([*command, json.dumps(asked)], check=True, capture_output=True, text=True).stdout
    return Figures(**json.loads(out))
