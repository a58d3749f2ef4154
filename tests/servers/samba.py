"""A real Samba as an Active Directory domain controller, on a loopback address of its own. Root only.

    with SambaDc(tree() + person("ann") + group("staff", person_dn("ann"))) as dc:
        ...  # dc.ldaps_url, dc.service_dn, dc.service_password

A domain is provisioned once in a session, in seconds; each instance begins with a copy of it. Two instances of one
realm are therefore one domain at one moment, with the same ids; two realms are two domains, without a trust.
"""

import atexit
import functools
import shutil
import socket
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import pytest
import trustme

from tests.servers import programs
from tests.servers.active_directory import entry
from tests.servers.certificates import write_chain, write_key
from tests.servers.programs import Address, ServerProcess

PACKAGES = "samba-ad-dc samba-ad-provision krb5-user"
REALM = "LAB.TEST"

_PORTS = (389, 636, 3268, 3269, 88)
"""LDAP, LDAP over TLS, the global catalog in both ways, Kerberos. Samba has them at no others."""
_SYSTEM_PYTHON = "/usr/bin/python3"
_FILL = Path(__file__).with_name("samba_fill.py")
_ADMIN_PASSWORD = "Passw0rd.admin"
_SERVICE_PASSWORD = "Passw0rd.service"


class SambaDc:
    """A domain controller that holds `ldif`, as a context manager; it listens from entry to exit.

    The LDIF is as `active_directory` writes it: entries may name members that come later. The account `svc`
    in CN=Users is there already. `strong_auth` is Samba's `ldap server require strong auth`: "yes", as a hardened
    Active Directory has it, takes passwords over TLS only, and Kerberos only with signing or sealing of its own;
    "allow_sasl_over_tls" takes Kerberos within TLS, too; "no" takes everything everywhere.
    """

    def __init__(
        self,
        ldif: str = "",
        *,
        realm: str = REALM,
        strong_auth: Literal["yes", "allow_sasl_over_tls", "no"] = "yes",
    ) -> None:
        self.realm = realm
        self.base = "dc=" + realm.lower().replace(".", ",dc=")
        self.host = f"dc1.{realm.lower()}"
        """Its name, in the certificate and in Kerberos; it cannot be looked up."""
        self.admin_dn = f"cn=Administrator,cn=Users,{self.base}"
        self.admin_password = _ADMIN_PASSWORD
        self.service_dn = f"cn=svc,cn=Users,{self.base}"
        self.service_user = f"svc@{realm.lower()}"
        """The service account as Active Directory knows it best: its userPrincipalName."""
        self.service_password = _SERVICE_PASSWORD
        self.address = ""
        """127.0.0.x. The certificate is for `host`, this address, and what a proxy in front is reached by."""
        self._ldif = ldif
        self._strong_auth = strong_auth
        self._directory = Path()
        self._claim: socket.socket | None = None
        self._process = ServerProcess(Path())

    @property
    def url(self) -> str:
        """LDAP in the clear, or with StartTLS."""
        return f"ldap://{self.address}"

    @property
    def ldaps_url(self) -> str:
        """LDAP over TLS."""
        return f"ldaps://{self.address}"

    @property
    def gc_url(self) -> str:
        """The global catalog in the clear, or with StartTLS."""
        return f"ldap://{self.address}:3268"

    @property
    def gc_ldaps_url(self) -> str:
        """The global catalog over TLS."""
        return f"ldaps://{self.address}:3269"

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that signed the server's."""
        return self._directory / "ca.pem"

    @property
    def kerberos_env(self) -> dict[str, str]:
        """The environment in which a client finds this realm, and keeps its tickets beside the server."""
        return {
            "KRB5_CONFIG": str(self._directory / "krb5.conf"),
            "KRB5CCNAME": f"FILE:{self._directory / 'tickets'}",
        }

    def __enter__(self) -> Self:
        programs.require_root("Samba")
        self._directory = Path(tempfile.mkdtemp(prefix="samba-"))
        self._process = ServerProcess(self._directory / "samba.log")
        try:
            self._claim, self.address = _claimed_address()
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
        """Listen; after stop() or kill() again at the same address."""
        command: list[str | Path] = [programs.require("samba", PACKAGES), "-i", "-M", "single", "-d", "1"]
        command += ["--debug-stdout", "-s", self.config]
        options = {
            "server services": "ldap, kdc",
            "dcerpc endpoint servers": "-all",
            "ldap server require strong auth": self._strong_auth,
            "tls cafile": self.ca_file,
            "tls certfile": self._directory / "server.pem",
            "tls keyfile": self._directory / "server.key",
        }
        command += [f"--option={name}={value}" for name, value in options.items()]
        if not self._process.start(command, _addresses(self.address)):
            pytest.fail(f"samba does not start: {self._process.said()}")

    def stop(self) -> None:
        """End the server in order."""
        self._process.stop()

    def kill(self) -> None:
        """End the server as a crash would."""
        self._process.kill()

    def load(self, ldif: str) -> None:
        """Put entries in, or changes, past the server; it may run."""
        programs.run([_SYSTEM_PYTHON, "-I", _FILL, self.config], text=ldif)

    def keytab(self, account: str = "svc") -> Path:
        """The keys of an account that has a password, for a client that signs in without one."""
        path = self._directory / f"{account}.keytab"
        export: list[str | Path] = [programs.require("samba-tool", PACKAGES), "domain", "exportkeytab", path]
        programs.run([*export, f"--principal={account}@{self.realm}", "-s", self.config])
        return path

    def _prepare(self) -> None:
        template = _provisioned(self.realm)
        tree = self._directory / "tree"
        shutil.copytree(template, tree)
        for name in ("run", "ncalrpc"):
            (tree / name).mkdir()
        # Nothing but smb.conf says where the tree is, and at which address it serves.
        config = self.config.read_text().replace(str(template), str(tree))
        self.config.write_text(config.replace(_NOWHERE, self.address))
        self._issue_certificates()
        self._write_krb5_conf()
        self.load(self._own_ldif() + self._ldif)

    def _own_ldif(self) -> str:
        """The service account, and the names under which clients ask Kerberos for this server."""
        service = entry(
            self.service_dn,
            objectClass="user",
            sAMAccountName="svc",
            userPrincipalName=self.service_user,
            userAccountControl="512",
            unicodePwd=f'"{self.service_password}"'.encode("utf-16-le"),
        )
        names = "".join(f"servicePrincipalName: ldap/{name}\n" for name in (self.host, self.address))
        controller = f"dn: cn=DC1,ou=Domain Controllers,{self.base}\nchangetype: modify\n"
        return f"{service}{controller}add: servicePrincipalName\n{names}\n"

    def _issue_certificates(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        server = authority.issue_cert(self.host, self.address, "localhost", "127.0.0.1")
        write_key(server, self._directory / "server.key")
        write_chain(server, self._directory / "server.pem")

    def _write_krb5_conf(self) -> None:
        (self._directory / "krb5.conf").write_text(
            f"""[libdefaults]
default_realm = {self.realm}
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
udp_preference_limit = 1
[realms]
{self.realm} = {{
  kdc = {self.address}:88
}}
[domain_realm]
.{self.realm.lower()} = {self.realm}
"""
        )

    @property
    def config(self) -> Path:
        """Its smb.conf, by which Samba's own tools find it."""
        return self._directory / "tree" / "etc" / "smb.conf"

    def _clear(self) -> None:
        self.kill()
        if self._claim is not None:
            self._claim.close()
        shutil.rmtree(self._directory, ignore_errors=True)


_NOWHERE = "127.255.255.254"
"""The address of a domain that is provisioned and not served."""


@functools.cache
def _provisioned(realm: str) -> Path:
    """A new domain, for copies; it goes with the session."""
    tool = programs.require("samba-tool", PACKAGES)
    tree = Path(tempfile.mkdtemp(prefix="samba-domain-"))
    atexit.register(shutil.rmtree, tree, ignore_errors=True)
    options = {
        "interfaces": f"{_NOWHERE}/8",
        "bind interfaces only": "yes",
        "log file": tree / "log.%m",
        "pid directory": tree / "run",
        "ncalrpc dir": tree / "ncalrpc",
        "winbindd socket directory": tree / "winbindd",
        "ntp signd socket directory": tree / "ntp",
    }
    programs.run(
        [
            *(tool, "domain", "provision", "--quiet", "--server-role=dc", "--use-rfc2307", "--dns-backend=NONE"),
            *(f"--targetdir={tree}", f"--realm={realm}", f"--domain={realm.partition('.')[0]}"),
            *("--host-name=dc1", f"--host-ip={_NOWHERE}", f"--adminpass={_ADMIN_PASSWORD}"),
            *(f"--option={name}={value}" for name, value in options.items()),
        ]
    )
    return tree


def _claimed_address() -> tuple[socket.socket, str]:
    """A loopback address that no test has, and nobody else listens on; it is ours until the socket is closed."""
    for number in range(5, 250):
        address = f"127.0.0.{number}"
        claim = socket.socket(socket.AF_UNIX)
        try:
            # A name in Linux's abstract space: taken at once or not at all, and gone with the process.
            claim.bind(f"\0samba-dc-{address}")
            if not any(map(programs.accepts, _addresses(address))):
                return claim, address
        except OSError:
            pass
        claim.close()
    pytest.fail("every loopback address is taken")


def _addresses(address: str) -> list[Address]:
    return [(address, port) for port in _PORTS]
