"""A real OpenLDAP server for tests: a process of our own on free loopback ports, gone when the test is."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import pytest
import trustme

BASE = "dc=example,dc=test"
SERVICE_DN = f"uid=svc,ou=people,{BASE}"
"""Whom SASL EXTERNAL makes of the client certificate, and of anybody who comes by ldapi."""

_SBIN = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"))
_SCHEMAS = ("core", "cosine", "inetorgperson", "nis", "dyngroup")
_MODULES = ("back_mdb", "memberof", "refint", "dynlist", "syncprov")
_START_SECONDS = 15.0
_STOP_SECONDS = 10.0
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
    found = shutil.which(program, path=_SBIN)
    if found is None:
        reason = f"{program} is not installed: apt-get install slapd ldap-utils"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


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
        self._process: subprocess.Popen[bytes] | None = None

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
        pytest.fail(f"slapd does not start: {self._log().read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """End the server in order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_STOP_SECONDS)
            self._process = None

    def kill(self) -> None:
        """End the server as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_STOP_SECONDS)
            self._process = None

    def _prepare(self) -> None:
        (self._directory / "db").mkdir()
        if self._tls:
            self._issue_certificates()
        self._config().write_text(self._configuration())
        starts = self._ldif.lower().splitlines()
        ldif = self._ldif if f"dn: {BASE}" in starts else _BASE_ENTRY + self._ldif
        (self._directory / "load.ldif").write_text(ldif)
        loaded = subprocess.run(
            [require("slapadd"), "-q", "-f", self._config(), "-l", self._directory / "load.ldif"],
            capture_output=True,
            check=False,
        )
        if loaded.returncode != 0:
            pytest.fail(f"slapadd refused the LDIF: {loaded.stderr.decode(errors='replace')}")

    def _issue_certificates(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        server = authority.issue_cert("localhost", "127.0.0.1", "::1")
        server.private_key_pem.write_to_path(self._directory / "server.key")
        _write_chain(server, self._directory / "server.pem")
        client = authority.issue_cert("svc.example.test", common_name="svc")
        client.private_key_pem.write_to_path(self.client_key)
        _write_chain(client, self.client_certificate)

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
        self._ports = (_free_port(), _free_port())
        self.url = f"ldap://127.0.0.1:{self._ports[0]}"
        self.ldaps_url = f"ldaps://localhost:{self._ports[1]}" if self._tls else ""
        self.ldapi_url = f"ldapi://{quote(str(self._directory / 'ldapi'), safe='')}"

    def _launch(self) -> bool:
        urls = (self.url, self.ldaps_url.replace("localhost", "127.0.0.1"), self.ldapi_url)
        listeners = " ".join(f"{url}/" for url in urls if url)
        with self._log().open("wb") as log:
            self._process = subprocess.Popen(
                [require("slapd"), "-d", "0", "-f", self._config(), "-h", listeners], stdout=log, stderr=log
            )
        deadline = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            if all(_accepts(port) for port in self._ports[: 1 + self._tls]):
                return self._process.poll() is None
            time.sleep(0.005)
        self.kill()
        return False

    def _clear(self) -> None:
        self.kill()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _config(self) -> Path:
        return self._directory / "slapd.conf"

    def _log(self) -> Path:
        return self._directory / "slapd.log"


def _write_chain(certificate: trustme.LeafCert, path: Path) -> None:
    path.write_bytes(b"".join(pem.bytes() for pem in certificate.cert_chain_pems))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
