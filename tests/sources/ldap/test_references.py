import pytest

from bridge.sources.ldap.references import EVERY_REFERENCE, References

KNOWN = References.of(["DC=emea,DC=corp,DC=example"], ["dc=DomainDnsZones", "cn=configuration"])


@pytest.mark.parametrize(
    "url",
    [
        "ldap://emea.corp.example/dc=emea,dc=corp,dc=example",
        "ldap://emea.corp.example/DC=EMEA,%20DC=corp,DC=example??sub",
        "ldap://DomainDnsZones.corp.example/DC=DomainDnsZones,DC=corp,DC=example",
        "ldap://corp.example/CN=Configuration,DC=corp,DC=example",
    ],
)
def test_what_is_read_elsewhere_or_holds_nobody_is_not_left_out(url: str) -> None:
    """A listed domain, a zone of DNS, the configuration: one address that is known is enough."""
    assert KNOWN.left_out((url,)) == ()
    assert KNOWN.left_out(("ldap://other/", url)) == ()


@pytest.mark.parametrize(
    "url",
    [
        "ldap://apac.corp.example/dc=apac,dc=corp,dc=example",
        "ldap://emea.corp.example/dc=corp,dc=example/dc=emea",
        "ldap://emea.corp.example/",
        "ldap://emea.corp.example",
        "ldap://[/dc=emea,dc=corp,dc=example",
        "ldap://corp.example/ou=x,cn=configuration,dc=corp,dc=example",
        "ldap://corp.example/ou=people,dc=emea,dc=corp,dc=example",
        "",
    ],
)
def test_everything_else_is_left_out(url: str) -> None:
    """Another domain, a part of one, an address without a place: the answer is not whole."""
    assert KNOWN.left_out((url,)) == (url,)


def test_a_listed_part_of_a_domain_stands_for_it() -> None:
    """Whoever lists a branch of a domain alone has said where people and groups are."""
    url = ("ldap://emea.corp.example/dc=emea,dc=corp,dc=example",)
    assert References.of(["ou=staff,dc=emea,dc=corp,dc=example"], []).left_out(url) == ()


def test_without_knowledge_every_reference_counts() -> None:
    """A single domain knows no others."""
    assert EVERY_REFERENCE.left_out(("ldap://a/dc=a",)) == ("ldap://a/dc=a",)
