"""A real 389 Directory Server for tests: a process of our own on free loopback ports, gone when the test is.

It needs no root and none of the vendor's tools for making instances: they want systemd and leave files in /etc.
The settings are the package's own template, filled in as those tools do it.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from pwd import getpwuid
from types import TracebackType
from typing import Self

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12

from bridge.sandbox.ldap.ldif import read_ldif, write_ldif
from tests.servers import programs
from tests.servers.programs import ServerProcess
from tests.servers.slapd import BASE

PACKAGES = "389-ds-base libnss3-tools ldap-utils"

FREEIPA_SCHEMA = """attributeTypes: ( 2.16.840.1.113730.3.8.3.1 NAME 'ipaUniqueID' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectClasses: ( 2.16.840.1.113730.3.8.4.12 NAME 'ipaObject' SUP top AUXILIARY MUST ipaUniqueID )
objectClasses: ( 2.16.840.1.113730.3.8.4.3 NAME 'nestedGroup' SUP groupOfNames STRUCTURAL MAY memberOf )
objectClasses: ( 2.16.840.1.113730.3.8.4.4 NAME 'ipaUserGroup' SUP nestedGroup STRUCTURAL )
"""
"""What makes a person or a group FreeIPA's. nsAccountLock, which disables a person, every 389 server has."""

_TEMPLATE = Path("/usr/share/dirsrv/data/template-dse.ldif")
_PASSPHRASE = "passphrase"
_DIRECTORIES = ("bak", "db", "db_home", "inst", "ldif", "lock", "log", "run", "schema", "tmp")
_STARTS = 5
"""A port that was free may be taken before the server has it: so often other ports are tried."""

_PLUGINS = "cn=plugins,cn=config"
_ON = {"nsslapd-pluginenabled": "on"}
_MEMBER_OF = {f"cn=MemberOf Plugin,{_PLUGINS}": {**_ON, "memberOfAutoAddOC": "nsMemberOf"}}
_REFINT = {f"cn=referential integrity postoperation,{_PLUGINS}": _ON}
_SYNC = {
    f"cn=Retro Changelog Plugin,{_PLUGINS}": {**_ON, "nsslapd-attribute": "nsuniqueid:targetUniqueId"},
    f"cn=Content Synchronization,{_PLUGINS}": _ON,
}

_DATABASE = f"""dn: cn=userRoot,cn=ldbm database,{_PLUGINS}
objectClass: nsBackendInstance
objectClass: extensibleObject
cn: userRoot
nsslapd-suffix: {BASE}

dn: cn="{BASE}",cn=mapping tree,cn=config
objectClass: nsMappingTree
objectClass: extensibleObject
cn: {BASE}
nsslapd-state: backend
nsslapd-backend: userRoot

"""


def _entry_uuid(name: str, kind: str) -> str:
    """A plugin for entryUUID: the server adds it by itself at its first start, and loads it at the second."""
    return f"""dn: cn={name},{_PLUGINS}
objectClass: nsSlapdPlugin
cn: {name}
nsslapd-pluginPath: lib{name.replace("_", "-")}-plugin
nsslapd-pluginInitfunc: {name}_plugin_init
nsslapd-pluginType: {kind}
nsslapd-pluginEnabled: on
nsslapd-pluginId: {name}
nsslapd-pluginVersion: none
nsslapd-pluginVendor: none
nsslapd-pluginDescription: none

"""


_SMALL = {
    f"cn=config,cn=ldbm database,{_PLUGINS}": {"nsslapd-cache-autosize": "0", "nsslapd-dbcachesize": "10000000"}
}
"""By default the server takes a tenth of the machine's memory, and so much of the disk."""
_ADDED = _DATABASE + _entry_uuid("entryuuid", "betxnpreoperation") + _entry_uuid("entryuuid_syntax", "syntax")

_BASE_ENTRY = f"""dn: {BASE}
objectClass: domain
dc: example

"""
_READERS = f"""dn: {BASE}
changetype: modify
add: aci
aci: (targetattr != "userPassword")(version 3.0; acl "who signed in reads";
  allow (read, search, compare) userdn = "ldap:///all";)

"""


class Ds389:
    """A 389 Directory Server that holds `ldif`, as a context manager; it listens from entry to exit.

    The base entry dc=example,dc=test is put in front where the LDIF has none. Everything goes in through the
    server, so that plugins see it: some 500 entries a second. Who signs in reads all but passwords.

    `member_of` keeps memberOf, nested groups included; `refint` keeps groups free of who was deleted or renamed;
    `sync` is RFC 4533, with its changelog. `schema` are lines of a schema's LDIF, as FREEIPA_SCHEMA.
    `settings` are attributes of cn=config, such as nsslapd-sizelimit.
    """

    def __init__(
        self,
        ldif: str = "",
        *,
        member_of: bool = False,
        refint: bool = False,
        sync: bool = False,
        schema: str = "",
        settings: Mapping[str, str] | None = None,
        tls: bool = False,
    ) -> None:
        self.admin_dn = f"cn=admin,{BASE}"
        self.admin_password = "admin-secret"
        self.url = ""
        self.ldaps_url = ""
        """By the name localhost; the certificate is for 127.0.0.1, too. Empty without TLS."""
        self._ldif = ldif
        self._plugins = (_MEMBER_OF if member_of else {}) | (_REFINT if refint else {}) | (_SYNC if sync else {})
        self._schema = schema
        self._settings = dict(settings or {})
        self._tls = tls
        self._directory = Path()
        self._ports = (0, 0)
        self._process = ServerProcess(Path())

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that signed the server's."""
        return self._directory / "ca.pem"

    def __enter__(self) -> Self:
        programs.require("ns-slapd", PACKAGES)
        self._directory = Path(tempfile.mkdtemp(prefix="ds389-"))
        self._process = ServerProcess(self._directory / "ns-slapd.log")
        try:
            self._prepare()
            self.start()
            starts = self._ldif.lower().splitlines()
            self.load(("" if f"dn: {BASE}" in starts else _BASE_ENTRY) + self._ldif + _READERS)
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
        errors = self._directory / "log" / "errors"
        log = errors.read_text(errors="replace")[-2000:] if errors.exists() else ""
        pytest.fail(f"ns-slapd does not start: {self._process.said()}{log}")

    def stop(self) -> None:
        """End the server in order, which takes it some seconds."""
        self._process.stop()

    def kill(self) -> None:
        """End the server as a crash would."""
        self._process.kill()

    def load(self, ldif: str) -> None:
        """Put entries in, or changes, through the running server."""
        tool = programs.require("ldapmodify", PACKAGES)
        programs.run([tool, "-a", "-x", "-H", self.url, "-D", self.admin_dn, "-w", self.admin_password], text=ldif)

    def _prepare(self) -> None:
        for name in _DIRECTORIES:
            (self._directory / name).mkdir()
        (self._directory / "schema" / "99user.ldif").write_text(f"dn: cn=schema\n{self._schema}")
        (self._directory / "certmap.conf").write_text("certmap default default\n")
        (self._directory / "slapd-collations.conf").touch()
        if self._tls:
            self._issue_certificates()

    def _issue_certificates(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        bundle = self._directory / "server.p12"
        bundle.write_bytes(_pkcs12(authority.issue_cert("localhost", "127.0.0.1")))
        database = ["-d", str(self._directory)]
        programs.run([programs.require("certutil", PACKAGES), "-N", "--empty-password", *database])
        programs.run([programs.require("pk12util", PACKAGES), "-i", bundle, "-W", _PASSPHRASE, *database])

    def _choose_ports(self) -> None:
        self._ports = (programs.free_port(), programs.free_port())
        self.url = f"ldap://127.0.0.1:{self._ports[0]}"
        self.ldaps_url = f"ldaps://localhost:{self._ports[1]}" if self._tls else ""
        (self._directory / "dse.ldif").write_text(self._dse())

    def _dse(self) -> str:
        """The server's settings, which are entries: the package's, with what we want instead."""
        template = _TEMPLATE.read_text()
        for name, value in self._blanks().items():
            template = template.replace(f"%{name}%", value)
        entries = {dn: attributes for text in (template, _ADDED) for dn, attributes in read_ldif(text)}
        changes: dict[str, Mapping[str, str]] = {"cn=config": self._server_settings(), **_SMALL, **self._plugins}
        for dn, attributes in changes.items():
            entries[dn].update({name: [value.encode()] for name, value in attributes.items()})
        return write_ldif(entries.items())

    def _blanks(self) -> dict[str, str]:
        """What the template leaves open."""
        where = {f"{name}_dir": str(self._directory / name) for name in _DIRECTORIES}
        where |= {"config_dir": str(self._directory), "cert_dir": str(self._directory)}
        return where | {
            "db_lib": "bdb",
            "ds_passwd": f"{{CLEAR}}{self.admin_password}",
            "ds_port": str(self._ports[0]),
            "ds_suffix": BASE,
            "ds_user": getpwuid(os.geteuid()).pw_name,
            "fqdn": "localhost",
            "ldapi": str(self._directory / "ldapi"),
            "ldapi_autobind": "off",
            "ldapi_enabled": "off",
            "rootdn": self.admin_dn,
        }

    def _server_settings(self) -> dict[str, str]:
        settings = {"nsslapd-listenhost": "127.0.0.1", "nsslapd-securelistenhost": "127.0.0.1"}
        if self._tls:
            settings |= {"nsslapd-security": "on", "nsslapd-secureport": str(self._ports[1])}
        return settings | self._settings

    def _launch(self) -> bool:
        command = [programs.require("ns-slapd", PACKAGES), "-d", "0", "-D", str(self._directory)]
        return self._process.start(
            [*command, "-i", self._directory / "pid"],
            [("127.0.0.1", port) for port in self._ports[: 1 + self._tls]],
        )

    def _clear(self) -> None:
        self.kill()
        shutil.rmtree(self._directory, ignore_errors=True)
        Path(f"/dev/shm/sem.{self._directory.name}.stats").unlink(missing_ok=True)  # noqa: S108 - a killed server's


def _pkcs12(certificate: trustme.LeafCert) -> bytes:
    """The certificate and its key under the name that the server looks for."""
    key = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    chain = [x509.load_pem_x509_certificate(pem.bytes()) for pem in certificate.cert_chain_pems]
    protection = serialization.BestAvailableEncryption(_PASSPHRASE.encode())
    return pkcs12.serialize_key_and_certificates(b"Server-Cert", key, chain[0], chain[1:], protection)
