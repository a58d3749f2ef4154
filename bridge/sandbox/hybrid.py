"""Example Corp with a second directory, for the demo: an Entra ID tenant beside LDAP; one group is fed by both."""

from typing import Final

from bridge.sandbox import company
from bridge.sandbox.graph import EntraSandbox, Tenant
from bridge.sandbox.graph.directory_section import directory_section
from bridge.sandbox.hyperproof import BRIDGE, HyperproofSandbox
from bridge.sandbox.ldap import LdapSandbox

GROUP: Final = "Vendor Risk"
"""In Hyperproof; fed by OWNERS and REVIEWERS."""
OWNERS: Final = "Vendor Owners"
"""In LDAP."""
REVIEWERS: Final = "Vendor Reviewers"
"""In Entra ID."""

CONTRACTOR: Final = "Nils Andersen"
CONTRACTOR_ADDRESS: Final = "nils.andersen@partner.test"
"""He is a guest of the tenant, and not in LDAP."""
IN_BOTH: Final = "Emil Novak"
"""Has one account in Hyperproof, and is in both groups."""
_OWNERS: Final = ("Carla Rossi", IN_BOTH, "Grace Lee")

EXPECTED: Final = frozenset({*map(company.address, _OWNERS), CONTRACTOR_ADDRESS})
"""Who belongs in GROUP: everybody once."""


def ldap(port: int = 0) -> LdapSandbox:
    """The company's server, with a group of vendor owners."""
    directory = company.directory()
    company.add_group(directory, OWNERS, [company.person_dn(name) for name in _OWNERS])
    return LdapSandbox(directory, port=port, credentials={company.READER: company.READER_PASSWORD})


def entra(port: int = 0) -> EntraSandbox:
    """The company's tenant, served."""
    return EntraSandbox(tenant(), port=port)


def tenant() -> Tenant:
    """The company's tenant: an employee whose address is written otherwise than in LDAP, and a contractor."""
    made = Tenant()
    login = company.address(IN_BOTH)
    employee = made.add_user(IN_BOTH, userPrincipalName=login, mail=login.title())
    made.add_group(REVIEWERS, [employee, made.add_guest(CONTRACTOR_ADDRESS, CONTRACTOR)])
    return made


def hyperproof(port: int = 0) -> HyperproofSandbox:
    """The company's Hyperproof, where the contractor has an account and GROUP has one member so far."""
    organization = company.organization()
    organization.add_user(email=CONTRACTOR_ADDRESS, name=CONTRACTOR)
    organization.add_group(GROUP, members=[organization.find_user(company.address(_OWNERS[0]))])
    return HyperproofSandbox(organization, clients=(BRIDGE,), port=port)


def configuration(ldap: LdapSandbox, entra: EntraSandbox, hyperproof: HyperproofSandbox) -> str:
    """The company's configuration, with both directories.

    The tenant's secret is in DEMO_ENTRA_SECRET; its authority's certificate is in `authority.pem` beside the file.
    """
    return company.configuration(
        ldap.url,
        hyperproof.api_url,
        hyperproof.token_url,
        directories=directory_section(entra, ca_file="authority.pem", variable="DEMO_ENTRA_SECRET"),
        groups=f"""\
  - name: {GROUP}
    members:
      any: [{{corp: {OWNERS}}}, {{cloud: {REVIEWERS}}}]
""",
    )
