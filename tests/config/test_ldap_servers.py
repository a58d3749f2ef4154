"""Which servers a directory has: listed, or found by DNS."""

from pathlib import Path

import pytest

from bridge.config.policy import policy
from bridge.sources.ldap.settings import Discovery
from tests.config.corp import FOREST, settings
from tests.config.files import CORP, loaded, sound, told


def found_by(folder: Path, corp: str) -> list[Discovery | None]:
    """How the servers of each domain are found."""
    return [domain.discover for domain in settings(folder, corp).domains]


def test_servers_may_be_found_by_dns(tmp_path: Path) -> None:
    """Domain controllers, over ldaps; in each domain by itself, the site's first."""
    assert found_by(tmp_path, FOREST) == [Discovery("corp.example", active_directory=True)]
    emea = "    domains: [{discover: emea.corp.example, site: London, base_dn: 'dc=emea,dc=corp,dc=example'}]"
    assert found_by(tmp_path, FOREST + "    site: Paris\n" + emea) == [
        Discovery("corp.example", active_directory=True, site="Paris"),
        Discovery("emea.corp.example", active_directory=True, site="London"),
    ]
    assert settings(tmp_path, FOREST).domains[0].servers == ()


@pytest.mark.parametrize("preset", ["openldap", "rfc2307", "389ds", "freeipa"])
def test_other_servers_are_found_under_the_plain_name(tmp_path: Path, preset: str) -> None:
    """And need StartTLS, or ldaps."""
    corp = FOREST.replace("active-directory", preset) + "    start_tls: true"
    assert found_by(tmp_path, corp) == [Discovery("corp.example", scheme="ldap")]


def test_servers_outside_the_domain_need_an_authority_of_ones_own(tmp_path: Path) -> None:
    """That is in force: without verification it says nothing."""
    (tmp_path / "ca.pem").write_text("")
    own = FOREST + "    ca_file: ca.pem\n"
    assert found_by(tmp_path, own) == [Discovery("corp.example", active_directory=True, elsewhere=True)]
    assert found_by(tmp_path, own + "    verify_certificates: false") == [
        Discovery("corp.example", active_directory=True)
    ]


@pytest.mark.parametrize(
    ("corp", "key", "sentence"),
    [
        (
            FOREST + "    servers: [ldaps://dc1.corp.example]",
            "servers",
            "The servers are listed, and to be found by DNS. Leave out `servers` or `discover`.",
        ),
        (
            FOREST.replace("discover: corp.example", ""),
            "servers",
            "Nothing says where the servers are. List their addresses, or add `discover`.",
        ),
        (
            CORP + "    site: Paris",
            "site",
            "A site is for servers that DNS finds. Add `discover`, or leave it out.",
        ),
        (
            FOREST.replace("active-directory", "openldap") + "    site: Paris",
            "preset",
            "Only Active Directory has sites. Leave out `site`, or write active-directory.",
        ),
        (
            FOREST.replace("active-directory", "openldap")
            + "    domains: [{discover: x.example, site: Paris, base_dn: dc=x}]",
            "domains",
            "Only Active Directory has sites. Leave out `site`.",
        ),
        (
            FOREST + "    domains: [{base_dn: dc=x}]",
            "domains[0].servers",
            "Nothing says where the servers are. List their addresses, or add `discover`.",
        ),
        (
            FOREST + "    site: Paris.France",
            "site",
            (
                "'Paris.France' is not the name of a site. "
                "Write its name as Active Directory Sites and Services shows it."
            ),
        ),
    ],
)
def test_servers_are_listed_or_found(tmp_path: Path, corp: str, key: str, sentence: str) -> None:
    """One of the two, and a site only where there are sites."""
    assert told(tmp_path, sound(corp=corp)) == [(f"directories.corp.{key}", sentence)]


@pytest.mark.parametrize(
    "domain", ["dc=corp", "corp.example.", "ldap://corp.example", "a..b", "-", "x" * 64, "a." * 80]
)
def test_what_is_no_dns_domain_is_told(tmp_path: Path, domain: str) -> None:
    """Before anything is asked of DNS; nothing else is said of the servers."""
    ((key, sentence),) = told(tmp_path, sound(corp=FOREST.replace("corp.example\n", f'"{domain}"\n', 1)))
    assert key == "directories.corp.discover"
    assert sentence.endswith(" is not a DNS domain. Write one such as corp.example.")


def test_the_domain_is_a_matter_of_the_hash_and_the_site_is_none(tmp_path: Path) -> None:
    """How servers are reached may change without the configuration becoming another one."""

    def hashed(corp: str) -> str:
        return policy(loaded(tmp_path, sound(corp=corp))).config_hash

    assert hashed(FOREST) == hashed(FOREST + "    site: Paris")
    assert hashed(FOREST) != hashed(FOREST.replace("discover: corp.example", "discover: other.example"))
