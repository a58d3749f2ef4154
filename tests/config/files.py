"""Configuration files for tests: a sound one, and ways to spoil it."""

from pathlib import Path
from textwrap import dedent, indent

import pytest

from bridge.config import Configuration, load
from bridge.config.directories import LdapDirectory
from bridge.errors import ConfigError, Problem

ENVIRON = {"CLIENT_ID": "0123456789abcdef0123456789abcdef", "CLIENT_SECRET": "s3cret", "PASSWORD": "pa55word"}

HYPERPROOF = """
    region: us
    client_id: ${env:CLIENT_ID}
    client_secret: ${env:CLIENT_SECRET}
"""

CORP = """
    type: ldap
    preset: openldap
    servers: [ldaps://ldap.corp.example]
    bind: {user: "cn=bridge,dc=corp,dc=example", password: "${env:PASSWORD}"}
    base_dn: dc=corp,dc=example
"""

GROUPS = """
    - name: Auditors
      members: {corp: auditors}
"""


def sound(*, hyperproof: str = HYPERPROOF, corp: str = CORP, groups: str = GROUPS, more: str = "") -> str:
    """A configuration without a flaw, but for what is given."""
    return "\n".join(
        (
            "hyperproof:",
            _inner(hyperproof, 2),
            "directories:",
            "  corp:",
            _inner(corp, 4),
            "groups:",
            _inner(groups, 2),
            dedent(more).strip(),
            "",
        )
    )


def _inner(text: str, spaces: int) -> str:
    return indent(dedent(text).strip("\n").rstrip(), " " * spaces)


def written(folder: Path, text: str | bytes) -> Path:
    """Write a configuration file."""
    path = folder / "bridge.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def loaded(folder: Path, text: str, environ: dict[str, str] = ENVIRON) -> Configuration:
    """Load a configuration from its text."""
    return load(written(folder, text), environ)


def ldap(configuration: Configuration) -> LdapDirectory:
    """The directory corp of a configuration where that is LDAP."""
    directory = configuration.directories["corp"]
    assert isinstance(directory, LdapDirectory)
    return directory


def problems(folder: Path, text: str | bytes, environ: dict[str, str] = ENVIRON) -> tuple[Problem, ...]:
    """Load a wrong configuration and tell its problems."""
    with pytest.raises(ConfigError) as caught:
        load(written(folder, text), environ)
    return caught.value.problems


def told(folder: Path, text: str | bytes, environ: dict[str, str] = ENVIRON) -> list[tuple[str, str]]:
    """The problems of a wrong configuration as key and sentences."""
    return [(p.key, f"{p.what} {p.remedy}".strip()) for p in problems(folder, text, environ)]
