"""Who is who: proved links only. Every row of the table in `resolve`, and what always holds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.change import SkipKind
from bridge.core.model import Account, AccountId, Person, PersonId, Standing, email
from bridge.core.people import People, Unresolved, resolve
from tests.core.world import ELIGIBLE, account, ids, person, pid

GONE = Standing.DEACTIVATED


def resolved(accounts: list[Account], link: str = "", *addresses: str) -> AccountId | Unresolved:
    """What becomes of one person."""
    one = person("p", *addresses)
    links = {one.id: AccountId(link)} if link else {}
    people = resolve([one], accounts, links, ELIGIBLE)
    return people.accounts.get(one.id) or people.unresolved[one.id]


ROWS = [
    # accounts, link, result
    ([account("old")], "old", "old"),
    ([account("p")], "p", "p"),
    ([account("old"), account("p")], "old", SkipKind.AMBIGUOUS),
    ([account("old", standing=GONE), account("p")], "old", "p"),
    ([account("p")], "vanished", "p"),
    ([account("p")], "", "p"),
    ([account("p"), account("p2", "p@x")], "", SkipKind.AMBIGUOUS),
    ([account("p"), account("p2", "p@x")], "p", SkipKind.AMBIGUOUS),
    ([account("old"), account("p"), account("p2", "p@x")], "old", SkipKind.AMBIGUOUS),
    ([account("old", standing=GONE)], "old", SkipKind.INELIGIBLE),
    ([account("p", standing=GONE)], "", SkipKind.INELIGIBLE),
    ([account("p", standing=Standing.CONTACT)], "", SkipKind.INELIGIBLE),
    ([account("p", standing=GONE), account("p2", "p@x")], "", "p2"),
    ([account("someone")], "", SkipKind.NO_ACCOUNT),
    ([], "vanished", SkipKind.NO_ACCOUNT),
]


@pytest.mark.parametrize(("accounts", "link", "result"), ROWS)
def test_every_row_of_the_table(accounts: list[Account], link: str, result: str) -> None:
    """The link while it is of use, the address where it is not, and nobody where there are two answers."""
    found = resolved(accounts, link)
    assert (found.kind if isinstance(found, Unresolved) else found) == result


def test_a_link_stays_while_its_account_has_one_of_the_persons_addresses() -> None:
    """With two accounts for two addresses of one person, the one known from before is meant."""
    assert resolved([account("old"), account("p")], "old", "p@x", "old@x") == AccountId("old")


def test_the_first_address_that_leads_to_an_account_decides() -> None:
    """Addresses are tried in order of preference."""
    accounts = [account("second"), account("third")]
    assert resolved(accounts, "", "first@x", "second@x", "third@x") == AccountId("second")


def test_an_account_that_cannot_be_used_does_not_hide_the_next_address() -> None:
    """An old deactivated account under the first address leaves the second address its say."""
    assert resolved([account("p", standing=GONE), account("q")], "", "p@x", "q@x") == AccountId("q")


def test_every_account_that_may_be_meant_is_a_candidate() -> None:
    """Nobody whose account a person's may be is removed: by link, by any address, of any standing."""
    accounts = [
        account("old"),
        account("p"),
        account("p2", "p@x", GONE),
        account("q", standing=Standing.CONTACT),
        account("z"),
    ]
    found = resolved(accounts, "old", "p@x", "q@x")
    assert isinstance(found, Unresolved)
    assert found.candidates == ids("old", "p", "p2", "q")


def test_an_address_that_was_handed_on_is_ambiguous_for_both() -> None:
    """Somebody took a new address, and a newcomer took the old one with the account that still carries it."""
    renamed, newcomer = person("renamed", "jones@x"), person("newcomer", "smith@x")
    people = resolve([renamed, newcomer], [account("smith")], {renamed.id: AccountId("smith")}, ELIGIBLE)
    assert not people.accounts
    assert {one: u.kind for one, u in people.unresolved.items()} == {
        renamed.id: SkipKind.AMBIGUOUS,
        newcomer.id: SkipKind.AMBIGUOUS,
    }
    assert all(u.candidates == ids("smith") for u in people.unresolved.values())


def test_one_person_in_two_directories_is_one_account() -> None:
    """Two people with one address are the same human being."""
    people = resolve([person("p"), person("q", "p@x")], [account("p")], {}, ELIGIBLE)
    assert people.accounts == {pid("p"): "p", pid("q"): "p"}


def test_addresses_are_compared_without_case_and_outer_spaces() -> None:
    """`email` makes one form of every spelling."""
    assert email(" Straße.MÜLLER@Corp.EXAMPLE ") == email("straße.müller@corp.example")


def test_two_letters_that_fold_into_one_are_two_addresses() -> None:
    """weiß@ and weiss@ may be two people."""
    assert email("weiß@corp.example") != email("weiss@corp.example")


people_of = st.lists(
    st.builds(
        lambda number, addresses: Person(PersonId(f"corp:{number}"), tuple(map(email, addresses)), "", ""),
        st.integers(0, 3),
        st.lists(st.sampled_from(["1@x", "2@x", "3@x"]), max_size=2, unique=True),
    ),
    max_size=4,
    unique_by=lambda one: one.id,
)
accounts_of = st.lists(
    st.builds(
        account, st.sampled_from("abcd"), st.sampled_from(["1@x", "2@x", "3@x", None]), st.sampled_from(Standing)
    ),
    max_size=4,
    unique_by=lambda one: one.id,
)
links_of = st.dictionaries(
    st.integers(0, 3).map(lambda number: PersonId(f"corp:{number}")), st.sampled_from("abcd").map(AccountId)
)


@settings(max_examples=150, deadline=None)
@given(people_of, accounts_of, links_of)
def test_what_always_holds(
    people: list[Person], accounts: list[Account], links: dict[PersonId, AccountId]
) -> None:
    """Everybody is resolved or unresolved; only eligible accounts are given, each proved by link or address."""
    found: People = resolve(people, accounts, links, ELIGIBLE)
    known = {one.id: one for one in accounts}
    assert found.accounts.keys() | found.unresolved.keys() == {one.id for one in people}
    assert found.accounts.keys().isdisjoint(found.unresolved)
    for one in people:
        mine = found.accounts.get(one.id)
        link = known.get(links.get(one.id, AccountId("")))
        if mine:
            assert known[mine].standing in ELIGIBLE
            assert known[mine].email in one.addresses or mine == links.get(one.id)
        if link and link.standing in ELIGIBLE and mine:
            assert mine == link.id
        if not mine:
            of_person = {a.id for a in accounts if a.email in one.addresses} | ({link.id} if link else set())
            assert of_person <= found.unresolved[one.id].candidates


def test_a_reason_names_a_few_addresses() -> None:
    """It stands in a record; ten thousand addresses do not."""
    found = resolved([], "", *(f"a{number}" for number in range(10_000)))
    assert isinstance(found, Unresolved)
    assert found.reason.endswith(" or one of 9995 more")
