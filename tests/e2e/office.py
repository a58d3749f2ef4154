"""A company with a real OpenLDAP: sixty people, groups of every kind, and its organization in Hyperproof."""

import contextlib
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bridge.sandbox.hyperproof import BRIDGE, DEFAULT_CLIENT_ID, HyperproofSandbox, Organization
from bridge.sandbox.ldap import Directory, LdapSandbox
from tests.cli.scene import SECRETS, SPARED, Scene
from tests.servers.slapd import BASE, SERVICE_DN, Slapd
from tests.sources.ldap.directory import TREE, entry, group_dn, person, person_dn

SIZE: Final = 60
PASSWORD: Final = "service-secret"
STAFF: Final = frozenset(f"p{number:02}" for number in range(SIZE))
LEFT: Final = "left"
"""Is in both groups of Hyperproof and nowhere in the directory."""


def ldif() -> str:
    """The directory. Ids stand in it, so that two servers of it are one directory."""
    people = sorted(STAFF)
    return "".join((
        TREE,
        person("svc", userPassword=PASSWORD),
        *(_employee(uid, number) for number, uid in enumerate(people, 1000)),
        _group("staff", *map(person_dn, people[:20]), group_dn("night"), group_dn("day")),
        _group("night", *map(person_dn, people[20:40]), group_dn("staff")),
        _group("day", *map(person_dn, people[40:])),
        entry(
            group_dn("posix"), objectClass="posixGroup", entryUUID=_uuid("posix"), gidNumber="1000",
            memberUid=tuple(people[:30]),
        ),
    ))  # fmt: skip


def _employee(uid: str, number: int) -> str:
    return entry(
        person_dn(uid), objectClass=("inetOrgPerson", "posixAccount"), entryUUID=_uuid(uid), cn=f"Person {uid}",
        sn=uid, mail=f"{uid.upper()}@Corp.example", uidNumber=str(number), gidNumber="1000",
        homeDirectory=f"/home/{uid}",
    )  # fmt: skip


def _group(name: str, *members: str) -> str:
    return entry(group_dn(name), objectClass="groupOfNames", entryUUID=_uuid(name), member=members)


def _uuid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def organization() -> Organization:
    """Everybody has an account; nearly everybody is in the groups already, and one too many."""
    made = Organization()
    users = {
        uid: made.add_user(email=f"{uid}@corp.example", name=f"Person {uid}") for uid in (*sorted(STAFF), LEFT)
    }
    made.add_group("Everybody", [users[uid] for uid in (*sorted(STAFF)[2:], LEFT)])
    made.add_group("Posix", [users[uid] for uid in (*sorted(STAFF)[:29], LEFT)])
    return made


@dataclass(frozen=True, slots=True)
class Link:
    """How the directory is reached."""

    address: str
    more: str = ""
    """Further keys of the directory, in flow style, with a comma at the end of each."""


def plain(server: Slapd) -> Link:
    """Without TLS, which loopback allows."""
    return Link(server.url)


def configuration(link: Link, sandbox: HyperproofSandbox) -> str:
    """A configuration for both groups. Members by DN and by login come from one server."""
    reached = (
        f"type: ldap, servers: ['{link.address}'], base_dn: '{BASE}', page_size: 10, connect_timeout: 2s, "
        f"receive_timeout: 10s, {link.more}bind: {{user: '{SERVICE_DN}', password: '${{env:LDAP_PASSWORD}}'}}"
    )
    return f"""\
hyperproof:
  region: us
  api_url: {sandbox.api_url}
  token_url: {sandbox.token_url}
  client_id: {DEFAULT_CLIENT_ID}
  client_secret: ${{env:DEMO_SECRET}}
directories:
  corp: {{preset: openldap, {reached}}}
  unix: {{preset: rfc2307, {reached}}}
groups:
  - {{name: Everybody, members: {{corp: staff}}}}
  - {{name: Posix, members: {{unix: posix}}}}
store: {{path: bridge.db}}
audit: {{file: audit.jsonl}}
apply: true
"""


class Office(Scene):
    """A scene whose directory is a real one."""

    def reach(self, link: Link) -> None:
        """Reach the directory so from now on."""
        self.config.write_text(configuration(link, self.hyperproof))


@contextmanager
def office(folder: Path) -> Iterator[Office]:
    """Set the scene; `reach` says where the directory is."""
    with HyperproofSandbox(organization(), clients=(BRIDGE,)) as sandbox:
        environ = {"HYPERPROOF_BRIDGE_CONFIG": "bridge.yaml", **SECRETS, **SPARED, "LDAP_PASSWORD": PASSWORD}
        yield Office(folder, LdapSandbox(Directory()), sandbox, environ)


@contextmanager
def cut_after(server: Slapd, size: int, cut: Callable[[], None]) -> Iterator[str]:
    """An address that leads to a server until so many bytes came back from it; then `cut` is called."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = _Wire(listener, urlsplit(server.url).port or 0, size, cut)
        thread = threading.Thread(target=wire.carry_all)
        thread.start()
        yield f"ldap://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


class _Wire:
    """What lies between clients and a server."""

    def __init__(self, listener: socket.socket, port: int, left: int, cut: Callable[[], None]) -> None:
        self._listener = listener
        self._port = port
        self._left = left
        self._cut = cut

    def carry_all(self) -> None:
        """Carry one connection after the other, each in a thread of its own, until nobody listens."""
        threads = []
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threads.append(threading.Thread(target=self._carry, args=(client,)))
                threads[-1].start()
        for thread in threads:
            thread.join()

    def _carry(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port)) as server:
            back = threading.Thread(target=self._forward, args=(client, server, lambda _: True))
            back.start()
            self._forward(server, client, self._passes)
            back.join()

    def _forward(self, source: socket.socket, to: socket.socket, passes: Callable[[int], bool]) -> None:
        with contextlib.suppress(OSError):
            while (data := source.recv(512)) and passes(len(data)):
                to.sendall(data)
        for end in (source, to):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # wakes whoever reads from it

    def _passes(self, size: int) -> bool:
        self._left -= size
        if self._left < 0:
            self._cut()
        return self._left >= 0
