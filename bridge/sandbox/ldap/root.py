"""The root DSE: what the server says about itself (RFC 4512, 5.1)."""

from typing import Final

from bridge.sandbox.ldap.directory import Directory
from bridge.sandbox.ldap.entry import Entry
from bridge.sandbox.ldap.requests import PAGED_RESULTS

MANAGE_DSA_IT: Final = "2.16.840.1.113730.3.4.2"
START_TLS: Final = "1.3.6.1.4.1.1466.20037"
WHO_AM_I: Final = "1.3.6.1.4.1.4203.1.11.3"
SUPPORTED_CONTROLS: Final = (PAGED_RESULTS, MANAGE_DSA_IT)
"""ManageDsaIT is taken and changes nothing: there are no referral entries."""


def root_entry(directory: Directory, *, tls: bool) -> Entry:
    """The entry without a name."""
    return Entry.of(
        "",
        {
            "objectClass": ["top"],
            "namingContexts": directory.naming_contexts,
            "supportedControl": SUPPORTED_CONTROLS,
            "supportedExtension": (WHO_AM_I, START_TLS) if tls else (WHO_AM_I,),
            "supportedLDAPVersion": ["3"],
            "vendorName": ["hyperproof-bridge sandbox"],
        },
    )
