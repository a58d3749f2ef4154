"""The questions about an LDAP directory: its servers, who signs in, and where it begins."""

from typing import TYPE_CHECKING, Final

import typer

from bridge.cli.setup.asking import Asking
from bridge.cli.setup.secret import SecretPlace, SecretQuestion
from bridge.cli.setup.side import Side, looked_at
from bridge.cli.setup.trial import trial

if TYPE_CHECKING:
    from bridge.config.document import Plain
    from bridge.sources.ldap.root import Root

PRESETS: Final = ("active-directory", "openldap", "rfc2307", "freeipa", "389ds")
SIGN_INS: Final = ("simple", "kerberos", "external", "anonymous")

_PASSWORD: Final = SecretQuestion("the directory's password", "LDAP_PASSWORD", "--password-env", "--password-file")


def ask_ldap(asking: Asking, name: str, preset: str) -> Side:
    """Ask for a directory, and try each answer at once."""
    return _Questions(asking, name, preset).ask()


class _Questions:
    def __init__(self, asking: Asking, name: str, preset: str) -> None:
        self._asking = asking
        self._name = name
        self._start: dict[str, Plain] = {"type": "ldap", "preset": preset}
        self._refused = False
        """Whether a password was tried in vain."""

    def ask(self) -> Side:
        reach, root = self._asking.tried(self._reach, "--server", "--ca-file")
        bind, secrets = self._asking.tried(lambda: self._bind(reach), "--bind-user")
        return self._asking.tried(lambda: self._base(reach, bind, secrets, root), "--base-dn")

    # ---- servers ---------------------------------------------------------------------------------------

    def _reach(self) -> "tuple[dict[str, Plain], Root]":
        """How servers are reached, and what one of them says of itself."""
        from bridge.wiring_directories import ldap_alone

        asked = "LDAP server (ldaps://host, more behind it), or the DNS domain that lists the servers"
        servers = self._asking.text("--server", asked).replace(",", " ").split()
        reach = self._start | _servers(servers)
        if ca_file := self._authority():
            reach["ca_file"] = ca_file
        unsigned = reach | {"bind": {"method": "anonymous"}, "base_dn": "dc=unknown"}
        root = ldap_alone(self._name, trial(name=self._name, directory=unsigned)).read_root()
        self._asking.tell(f"  {root.server} answers ({root.security})", "green")
        if root.make not in {"", self._start["preset"]} and (root.make, self._start["preset"]) not in _FITTING:
            self._asking.tell(f"  it looks like {root.make}, and not like {self._start['preset']}", "yellow")
        return reach, root

    def _authority(self) -> str:
        """Whose certificates to trust: only asked where the machine's own authorities did not do."""
        question = "Certificate authority of the server (PEM file), where this machine does not know it"
        asked = self._asking.is_wrong("--server") or self._asking.has("--ca-file")
        return _absolute(self._asking.optional("--ca-file", question)) if asked else ""

    # ---- sign-in ---------------------------------------------------------------------------------------

    def _bind(self, reach: "dict[str, Plain]") -> "tuple[dict[str, Plain], tuple[SecretPlace, ...]]":
        """Who signs in, and with what; tried without reading anything."""
        from bridge.wiring_directories import ldap_alone

        bind, secrets = self._credentials()
        section = reach | {"bind": bind, "base_dn": "dc=unknown"}
        self._refused = True
        greeting = ldap_alone(self._name, trial(name=self._name, directory=section, secrets=secrets)).greet()
        self._asking.tell(f"  {greeting}", "green")
        return bind, secrets

    def _credentials(self) -> "tuple[dict[str, Plain], tuple[SecretPlace, ...]]":
        method = self._asking.optional_option("--sign-in") or "simple"
        if method not in SIGN_INS:
            raise typer.BadParameter(f"--sign-in {method}: for LDAP it is one of {', '.join(SIGN_INS)}")
        if method == "kerberos":
            keytab = _absolute(self._asking.optional_option("--keytab"))
            return {"method": method, **({"keytab": keytab} if keytab else {})}, ()
        if method != "simple":
            return {"method": method}, ()
        user = self._asking.text("--bind-user", "Who signs in (a DN, or user@domain); reading is all it does")
        password = _PASSWORD.place(self._asking, anew=self._refused)
        return {"user": user, "password": password.reference}, (password,)

    # ---- base ------------------------------------------------------------------------------------------

    def _base(
        self, reach: "dict[str, Plain]", bind: "dict[str, Plain]", secrets: tuple[SecretPlace, ...], root: "Root"
    ) -> Side:
        """Where the directory begins; tried by a look at everybody and all groups."""
        likely = next((base for base in root.bases if base.isprintable()), "")
        base = self._asking.text("--base-dn", "Base DN, where the directory begins", likely)
        section = reach | {"bind": bind, "base_dn": base}
        groups = looked_at(self._asking, self._name, trial(name=self._name, directory=section, secrets=secrets))
        return Side(self._name, section, secrets, groups)


_FITTING: Final = {("openldap", "rfc2307"), ("389ds", "rfc2307"), ("389ds", "freeipa"), ("freeipa", "389ds")}
"""A make, and a preset that may go with it all the same."""


def _servers(words: list[str]) -> "dict[str, Plain]":
    """What the configuration says of servers: a name without a scheme is a domain."""
    from bridge.transport.settings import is_loopback

    if len(words) == 1 and "://" not in words[0]:
        return {"discover": words[0]}
    plain = [word for word in words if word.startswith("ldap://")]
    if plain and len(plain) == len(words) and not all(map(is_loopback, plain)):
        return {"servers": [*words], "start_tls": True}
    return {"servers": [*words]}


def _absolute(path: str) -> str:
    from pathlib import Path

    return str(Path(path).expanduser().absolute()) if path else ""
