"""Example Corp: a small company with a directory and a Hyperproof organization, for the demo."""

from typing import Final

from bridge.sandbox.hyperproof import BRIDGE, DEFAULT_CLIENT_ID, HyperproofSandbox, Organization
from bridge.sandbox.ldap import Directory, LdapSandbox

BASE: Final = "dc=example,dc=test"
READER: Final = f"cn=bridge,{BASE}"
READER_PASSWORD: Final = "read-only"  # noqa: S105 - of a directory that lives as long as the demo

_GRC: Final = ("Anna Smith", "Ben Okafor", "Carla Rossi", "Deniz Yilmaz", "Emil Novak", "Fatima Haddad")
_AUDIT: Final = ("Grace Lee", "Hugo Martin", "Ines Costa")
_EXTERNAL: Final = ("Jonas Berg", "Kira Petrova")
_GONE: Final = ("Liam Walsh",)
"""Left the company: still in Hyperproof, no longer in any directory group."""
_NEW: Final = ("Mona Fischer",)
"""Joined the company: in the directory, not invited to Hyperproof yet."""


def login(name: str) -> str:
    """What a person signs in with: anna.smith."""
    return name.lower().replace(" ", ".")


def person_dn(name: str) -> str:
    """A person's entry."""
    return f"uid={login(name)},ou=People,{BASE}"


def group_dn(name: str) -> str:
    """A group's entry."""
    return f"cn={name},ou=Groups,{BASE}"


def address(name: str) -> str:
    """A person's address."""
    return f"{login(name)}@example.test"


def directory() -> Directory:
    """The company's directory: people, and groups with a group in a group."""
    made = Directory()
    made.add(BASE, {"objectClass": ["domain"], "dc": ["example"]})
    made.add(READER, {"objectClass": ["applicationProcess"], "cn": ["bridge"]})
    for unit in ("People", "Groups"):
        made.add(f"ou={unit},{BASE}", {"objectClass": ["organizationalUnit"], "ou": [unit]})
    for name in (*_GRC, *_AUDIT, *_EXTERNAL, *_NEW):
        made.add(person_dn(name), _person(name))
    add_group(made, "GRC Europe", [person_dn(name) for name in (*_GRC[3:], *_NEW)])
    add_group(made, "GRC Managers", [*(person_dn(name) for name in _GRC[:3]), group_dn("GRC Europe")])
    add_group(made, "Internal Audit", [person_dn(name) for name in _AUDIT])
    add_group(made, "External Auditors", [person_dn(name) for name in _EXTERNAL])
    add_group(made, "On Leave", [person_dn(_EXTERNAL[1])])
    add_group(made, "hp-risk", [person_dn(name) for name in (_GRC[0], _AUDIT[0])])
    return made


def add_group(made: Directory, name: str, members: list[str]) -> None:
    """Put a group into the company's directory; members are entries."""
    made.add(group_dn(name), {"objectClass": ["groupOfNames"], "cn": [name], "member": members})


def organization() -> Organization:
    """The company's organization in Hyperproof, where somebody who left is still a member."""
    made = Organization()
    users = {name: made.add_user(email=address(name), name=name) for name in (*_GRC, *_AUDIT, *_EXTERNAL, *_GONE)}
    made.add_group("Compliance Managers", members=[users[name] for name in (*_GRC[:2], *_GONE)])
    made.add_group("Auditors", members=[users[_AUDIT[0]]])
    return made


def _person(name: str) -> dict[str, list[str]]:
    return {
        "objectClass": ["inetOrgPerson"],
        "uid": [login(name)],
        "cn": [name],
        "sn": [name.rpartition(" ")[2]],
        "mail": [address(name)],
    }


def hyperproof() -> HyperproofSandbox:
    """A Hyperproof with the company's organization; its one API client is the bridge's."""
    return HyperproofSandbox(organization(), clients=(BRIDGE,))


def ldap() -> LdapSandbox:
    """A server with the company's directory, where the bridge may sign in."""
    return LdapSandbox(directory(), credentials={READER: READER_PASSWORD})


def configuration(ldap_url: str, api_url: str, token_url: str, *, directories: str = "", groups: str = "") -> str:
    """A configuration of the bridge for the company. Its secrets are in DEMO_PASSWORD and DEMO_SECRET.

    `directories` and `groups` are more of each: whole lines of YAML.
    """
    return f"""\
hyperproof:
  region: us
  api_url: {api_url}
  token_url: {token_url}
  client_id: {DEFAULT_CLIENT_ID}
  client_secret: ${{env:DEMO_SECRET}}

directories:
  corp:
    type: ldap
    preset: openldap
    servers: [{ldap_url}]
    bind: {{method: simple, user: "{READER}", password: "${{env:DEMO_PASSWORD}}"}}
    base_dn: {BASE}
{directories}
groups:
  - name: Compliance Managers
    members: {{corp: "{group_dn("GRC Managers")}"}}
  - name: Auditors
    members:
      any: [{{corp: Internal Audit}}, {{corp: External Auditors}}]
      except: [{{corp: On Leave}}]
  - for_each: {{corp: "hp-(?P<team>.+)"}}
    name: "Team {{team}}"
    create: true
{groups}
store: {{path: bridge.db}}
audit: {{file: audit.jsonl}}
apply: true
"""
