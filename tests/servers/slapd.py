"""A real OpenLDAP server for tests: a process of our own on free loopback ports, gone when the test is."""

import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import pytest
import trustme

from tests.servers import programs
from tests.servers.certificates import write_chain, write_key
from tests.servers.programs import ServerProcess

BASE = "dc=example,dc=test"
SERVICE_DN = f"uid=svc,ou=people,{BASE}"
"""Whom SASL EXTERNAL makes of the client certificate, and of anybody who comes by ldapi."""

_SCHEMAS = ("core", "cosine", "inetorgperson", "nis", "dyngroup")
_MODULES = ("back_mdb", "memberof", "refint", "dynlist", "syncprov")
_STARTS = 5
"""A port that was free may be taken before slapd has it: so often other ports are tried."""

_BASE_ENTRY = f"""dn: {BASE}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

"""


def require(program: str) -> str:
    """Find a program of OpenLDAP; without it the test fails where CI=true, and is skipped elsewhere."""
    return programs.require(program, "slapd ldap-utils")


class Slapd:
    """An OpenLDAP server that holds `ldif`, as a context manager; it listens from entry to exit.

    The base entry dc=example,dc=test is put in front where the LDIF has none. slapadd runs no overlay:
    memberOf stays empty for what the LDIF brings. `limits` are lines for the database (`limits dn.exact=...`,
    `sizelimit 100`); without them OpenLDAP's default of 500 entries holds, for paged searches too, and never
    for the admin. `extra_config` stands at the end, right behind the settings of the dynlist overlay.
    """

    def __init__(self, ldif: str, *, extra_config: str = "", limits: str = "", tls: bool = True) -> None:
        self.admin_dn = f"cn=admin,{BASE}"
        self.admin_password = "admin-secret"
        self.url = ""
        self.ldaps_url = ""
        """By the name localhost: ldap3 on Python 3.12 takes no address from a certificate, and OpenLDAP's own
        tools no localhost; they want 127.0.0.1 put in its place. Empty without TLS."""
        self.ldapi_url = ""
        self._ldif = ldif
        self._extra_config = extra_config
        self._limits = limits
        self._tls = tls
        self._directory = Path()
        self._ports = (0, 0)
        self._process = ServerProcess(Path())

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that signed the server's, for localhost, 127.0.0.1 and ::1."""
        return self._directory / "ca.pem"

    @property
    def client_certificate(self) -> Path:
        """A certificate that SASL EXTERNAL takes for SERVICE_DN."""
        return self._directory / "client.pem"

    @property
    def client_key(self) -> Path:
        """The key of `client_certificate`."""
        return self._directory / "client.key"

    def __enter__(self) -> Self:
        require("slapd")
        self._directory = Path(tempfile.mkdtemp(prefix="slapd-"))
        self._process = ServerProcess(self._directory / "slapd.log")
        try:
            self._prepare()
            self.start()
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def start(self) -> None:
        """Listen; after stop() or kill() again on the same ports."""
        for _ in range(_STARTS):
            if not self._ports[0]:
                self._choose_ports()
            if self._launch():
                return
            self._ports = (0, 0)
        pytest.fail(f"slapd does not start: {self._process.said()}")

    def stop(self) -> None:
        """End the server in order."""
        self._process.stop()

    def kill(self) -> None:
        """End the server as a crash would."""
        self._process.kill()

    def _prepare(self) -> None:
        (self._directory / "db").mkdir()
        if self._tls:
            self._issue_certificates()
        self._config().write_text(self._configuration())
        starts = self._ldif.lower().splitlines()
        ldif = self._ldif if f"dn: {BASE}" in starts else _BASE_ENTRY + self._ldif
        (self._directory / "load.ldif").write_text(ldif)
        programs.run([require("slapadd"), "-q", "-f", self._config(), "-l", self._directory / "load.ldif"])

    def _issue_certificates(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        server = authority.issue_cert("localhost", "127.0.0.1", "::1")
        write_key(server, self._directory / "server.key")
        write_chain(server, self._directory / "server.pem")
        client = authority.issue_cert("svc.example.test", common_name="svc")
        write_key(client, self.client_key)
        write_chain(client, self.client_certificate)

    def _configuration(self) -> str:
        where = self._directory
        tls = f"""
TLSCACertificateFile {self.ca_file}
TLSCertificateFile {where}/server.pem
TLSCertificateKeyFile {where}/server.key
TLSVerifyClient try
"""
        includes = "\n".join(f"include /etc/ldap/schema/{name}.schema" for name in _SCHEMAS)
        modules = "\n".join(f"moduleload {name}" for name in _MODULES)
        return f"""{includes}
modulepath /usr/lib/ldap
{modules}
pidfile {where}/slapd.pid
{tls if self._tls else ""}
authz-regexp "^cn=svc.*$" "{SERVICE_DN}"
authz-regexp "^gidNumber=.*cn=peercred,cn=external,cn=auth$" "{SERVICE_DN}"
database mdb
suffix "{BASE}"
rootdn "{self.admin_dn}"
rootpw {self.admin_password}
directory {where}/db
maxsize 1073741824
dbnosync
{self._limits}
index objectClass,entryUUID,entryCSN,uid,mail,cn,member,memberOf,uniqueMember,memberUid eq
overlay memberof
overlay refint
refint_attributes member uniqueMember memberOf
refint_nothing cn=nobody
overlay syncprov
syncprov-sessionlog 1000
overlay dynlist
dynlist-attrset groupOfURLs memberURL member
{self._extra_config}
"""

    def _choose_ports(self) -> None:
        self._ports = (programs.free_port(), programs.free_port())
        self.url = f"ldap://127.0.0.1:{self._ports[0]}"
        self.ldaps_url = f"ldaps://localhost:{self._ports[1]}" if self._tls else ""
        self.ldapi_url = f"ldapi://{quote(str(self._directory / 'ldapi'), safe='')}"

    def _launch(self) -> bool:
        urls = (self.url, self.ldaps_url.replace("localhost", "127.0.0.1"), self.ldapi_url)
        listeners = " ".join(f"{url}/" for url in urls if url)
        return self._process.start(
            [require("slapd"), "-d", "0", "-f", self._config(), "-h", listeners],
            [("127.0.0.1", port) for port in self._ports[: 1 + self._tls]],
        )

    def _clear(self) -> None:
        self.kill()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _config(self) -> Path:
        return self._directory / "slapd.conf"
