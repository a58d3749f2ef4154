"""Who is a person, and by which addresses."""

from typing import Any

import pytest

from bridge.core.model import DirectoryName, Person
from bridge.errors import IncompleteRead
from bridge.sources.entra.people import Barred, Judged, People, identity, kind_of
from bridge.sources.entra.settings import AddressProperty, ClientSecret, EntraSettings

ANNA: dict[str, object] = {
    "@odata.type": "#microsoft.graph.user",
    "id": "6F9619FF-8B86-D011-B42D-00C04FC964FF",
    "displayName": "Anna Smith",
    "userPrincipalName": "anna@corp.example",
    "accountEnabled": True,
    "userType": "Member",
    "mail": "Anna.Smith@Corp.example",
    "otherMails": ["z@home.example", "a@home.example"],
    "proxyAddresses": ["smtp:as@corp.example", "SMTP:Anna@corp.example", "SIP:anna@corp.example", "X500:/o=x@y"],
}
GUEST: dict[str, object] = {
    **ANNA,
    "userPrincipalName": "bo_partner.example#EXT#@corp.onmicrosoft.example",
    "userType": "Guest",
    "mail": "bo@partner.example",
}


def people(*addresses: AddressProperty, **changes: Any) -> People:  # noqa: ANN401 - as EntraSettings has them
    """People whose addresses are looked for there."""
    chosen: dict[str, Any] = {"addresses": addresses} if addresses else {}
    secret = ClientSecret(lambda: "")
    return People(EntraSettings(DirectoryName("corp"), "tenant", "client", secret, **chosen, **changes))


def judged(item: dict[str, object], *addresses: AddressProperty, **changes: Any) -> Judged:  # noqa: ANN401 - as above
    """Who that is."""
    return people(*addresses, **changes).judge(item)


def addresses(item: dict[str, object], *chosen: AddressProperty) -> tuple[str, ...]:
    """Their addresses."""
    person = judged(item, *chosen)
    assert isinstance(person, Person)
    return person.addresses


def test_a_user_is_a_person() -> None:
    """Known by the object id, in one spelling; named as people read names; labelled as administrators do."""
    person = judged(ANNA)
    assert isinstance(person, Person)
    assert person.id == "corp:6f9619ff-8b86-d011-b42d-00c04fc964ff"
    assert (person.name, person.label) == ("Anna Smith", "anna@corp.example")
    assert person.addresses == ("anna.smith@corp.example", "anna@corp.example")
    unnamed = judged({**ANNA, "displayName": None})
    assert isinstance(unnamed, Person)
    assert unnamed.name == "anna@corp.example"


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ((AddressProperty.MAIL,), ("anna.smith@corp.example",)),
        ((AddressProperty.UPN, AddressProperty.MAIL), ("anna@corp.example", "anna.smith@corp.example")),
        ((AddressProperty.OTHER_MAILS,), ("a@home.example", "z@home.example")),
        ((AddressProperty.PROXY_ADDRESSES,), ("anna@corp.example", "as@corp.example")),
        ((AddressProperty.UPN, AddressProperty.PROXY_ADDRESSES), ("anna@corp.example", "as@corp.example")),
    ],
)
def test_addresses_are_in_the_order_of_preference(
    chosen: tuple[AddressProperty, ...], found: tuple[str, ...]
) -> None:
    """Each once; the primary mailbox before its aliases; of other protocols none."""
    assert addresses(ANNA, *chosen) == found


def test_a_guests_sign_in_name_is_no_address() -> None:
    """However much it looks like one, and wherever it stands, in any letter case."""
    everything = tuple(AddressProperty)
    spoiled = {**GUEST, "otherMails": ["bo#ext#@corp.example"], "proxyAddresses": ["SMTP:b#Ext#@corp.example"]}
    assert addresses(spoiled, *everything) == ("bo@partner.example",)
    assert addresses({**spoiled, "mail": None}, *everything) == ()


@pytest.mark.parametrize("told", ["", " ", "no address", "@", "a@", "@b", "a b@c", None])
def test_what_is_no_address_is_left_out(told: str | None) -> None:
    """The person stays one."""
    assert addresses({**ANNA, "mail": told}, AddressProperty.MAIL) == ()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"accountEnabled": False}, Barred.DISABLED),
        ({"accountEnabled": None}, Barred.UNREADABLE),
        ({"userPrincipalName": None}, Barred.UNREADABLE),
        (
            {"displayName": None, "userPrincipalName": None, "accountEnabled": None, "mail": None},
            Barred.UNREADABLE,
        ),
        ({"userPrincipalName": None, "accountEnabled": False}, Barred.UNREADABLE),
    ],
)
def test_nulls_are_neither_disabled_nor_enabled(change: dict[str, object], why: Barred) -> None:
    """They mean that the bridge may not read it, and nothing else; a property that is missing means the same."""
    assert judged({**ANNA, **change}) is why
    without = {name: value for name, value in {**ANNA, **change}.items() if value is not None}
    assert judged(without) is why


def test_guests_count_unless_the_policy_says_otherwise() -> None:
    """By their type; where an old object has none, by the sign-in name."""
    old = {**GUEST, "userType": None}
    for guest in (GUEST, old):
        assert isinstance(judged(guest), Person)
        assert judged(guest, guests=False) is Barred.GUEST
    assert isinstance(judged({**ANNA, "userType": None}, guests=False), Person)
    assert isinstance(judged({**GUEST, "userType": "Member"}, guests=False), Person)
    assert judged({**GUEST, "accountEnabled": False}, guests=False) is Barred.GUEST


@pytest.mark.parametrize(
    "change",
    [
        {"accountEnabled": "true"},
        {"accountEnabled": 1},
        {"mail": 7},
        {"proxyAddresses": "SMTP:a@b"},
        {"otherMails": [1]},
        {"userType": []},
        {"id": None},
        {"id": ""},
        {"id": 7},
    ],
)
def test_a_malformed_user_is_no_read(change: dict[str, object]) -> None:
    """What is not as documented is not guessed at."""
    with pytest.raises(IncompleteRead):
        judged({**ANNA, **change}, *AddressProperty, guests=False)


def test_a_user_is_judged_once() -> None:
    """Whatever groups show: in one read they are one person."""
    everybody = people()
    assert everybody.judge(ANNA) is everybody.judge({**ANNA, "id": str(ANNA["id"]).lower(), "mail": "x@y"})


def test_only_what_is_needed_is_asked_for() -> None:
    """What decides about a user, and where addresses are looked for; each once."""
    assert people(AddressProperty.UPN, AddressProperty.OTHER_MAILS).properties == (
        "id,displayName,userPrincipalName,accountEnabled,userType,otherMails"
    )


def test_an_entry_says_what_and_who_it_is() -> None:
    """One that does not is no read."""
    assert (kind_of(ANNA), identity(ANNA)) == ("#microsoft.graph.user", "6f9619ff-8b86-d011-b42d-00c04fc964ff")
    for told in (None, 7):
        with pytest.raises(IncompleteRead):
            kind_of({**ANNA, "@odata.type": told})
