"""The directory corp: as a file has it, and as its source takes it."""

from pathlib import Path

from bridge.config.directories import ldap_settings
from bridge.sources.ldap.settings import LdapSettings
from tests.config.files import ldap, loaded, sound


def settings(folder: Path, corp: str) -> LdapSettings:
    """The settings of the directory corp."""
    return ldap_settings("corp", ldap(loaded(folder, sound(corp=corp))))


FOREST = """
    type: ldap
    preset: active-directory
    discover: corp.example
    bind: {user: bridge@corp.example, password: "${env:PASSWORD}"}
    base_dn: dc=corp,dc=example
"""
