"""The embedded directory: a small LDAP server on the real wire protocol, for demos, tests and rehearsals.

    with LdapSandbox(Directory.from_ldif(text), credentials={dn: password}) as server:
        server.faults.add(Refuse(Code.BUSY, after=10), base="ou=groups", page=2)
        ...

It answers like OpenLDAP, or by `limits` like Active Directory, and goes wrong as `faults` say.
"""

from bridge.sandbox.ldap.directory import Directory, DirectoryError, NoSuchEntryError, Scope
from bridge.sandbox.ldap.faults import (
    Delay,
    Drop,
    Effect,
    EndEarly,
    EndNever,
    Faults,
    OmitPaging,
    Refer,
    Refuse,
    Reset,
    Silence,
    Truncate,
)
from bridge.sandbox.ldap.ldif import LdifError
from bridge.sandbox.ldap.limits import ACTIVE_DIRECTORY, ServerLimits
from bridge.sandbox.ldap.operations import Operation
from bridge.sandbox.ldap.responses import Code
from bridge.sandbox.ldap.server import LdapSandbox

__all__ = [
    "ACTIVE_DIRECTORY",
    "Code",
    "Delay",
    "Directory",
    "DirectoryError",
    "Drop",
    "Effect",
    "EndEarly",
    "EndNever",
    "Faults",
    "LdapSandbox",
    "LdifError",
    "NoSuchEntryError",
    "OmitPaging",
    "Operation",
    "Refer",
    "Refuse",
    "Reset",
    "Scope",
    "ServerLimits",
    "Silence",
    "Truncate",
]
