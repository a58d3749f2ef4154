"""By how many calls a tenant is read, and by which."""

from bridge.core.model import DoubtKind, SelectorKind
from bridge.sandbox.graph import EntraSandbox, Fault, Refuse
from tests.sources.entra.reads import Read, by_id, named


def test_first_pages_come_twenty_at_a_time(entra: EntraSandbox, read: Read) -> None:
    """300 groups: one glance at what there is, and their members in fifteen batches."""
    ids = [entra.tenant.add_group(f"G{number}").id for number in range(300)]
    found = read(*map(by_id, ids))
    assert sum(len(selection.groups) for selection in found.selections.values()) == 300
    assert (entra.calls.direct, entra.calls.batches, entra.calls.inner) == (16, 15, 300)


def test_what_a_glance_does_not_show_is_asked_for(entra: EntraSandbox, read: Read) -> None:
    """Where there are more groups than fit a page, the ids on it are known, and of names nothing is."""
    entra.set_modes(page_cap=100)
    ids = [entra.tenant.add_group(f"G{number}").id for number in range(250)]
    twins = [entra.tenant.add_group("Twin").id for _ in range(2)]
    found = read(*map(by_id, ids), named("G7"), named("Twin"), by_id("00000000-0000-0000-0000-000000000000"))
    assert sum(len(selection.groups) for selection in found.selections.values()) == 251
    assert [doubt.kind for doubt in found.selections[named("Twin")].doubts] == [DoubtKind.AMBIGUOUS]
    assert all(twin in found.selections[named("Twin")].doubts[0].text for twin in twins)
    (missing,) = found.selections[by_id("00000000-0000-0000-0000-000000000000")].doubts
    assert missing.kind is DoubtKind.MISSING
    assert entra.calls.direct == 1 + 1 + 13


def test_a_glance_that_fails_is_done_without(entra: EntraSandbox, read: Read) -> None:
    """All that it would have answered is asked for."""
    ids = [entra.tenant.add_group(f"G{number}").id for number in range(200)]
    entra.faults.add(Fault(Refuse(400, "Request_BadRequest"), path="/groups$", inside=False, count=0))
    found = read(*map(by_id, ids))
    assert sum(len(selection.groups) for selection in found.selections.values()) == 200
    assert all(selection.doubts == () for selection in found.selections.values())


def test_a_glance_at_all_groups_answers_everything_but_filters(entra: EntraSandbox, read: Read) -> None:
    """Names, nicknames, patterns, and what is not there."""
    for number in range(170):
        entra.tenant.add_group(f"G{number}", mailNickname=f"n{number}")
    patterns = [named(f"G{number}[05]", SelectorKind.PATTERN) for number in range(1, 11)]
    nicknames = [named(f"n{number}", SelectorKind.MAIL_NICKNAME) for number in range(5)]
    chosen = named("startswith(displayName,'G16')", SelectorKind.FILTER)
    found = read(*patterns, *nicknames, chosen, named("nobody"))
    sizes = [len(found.selections[one].groups) for one in (*patterns[:2], *nicknames[:2], chosen)]
    assert sizes == [2, 2, 1, 1, 11]
    assert [doubt.kind for doubt in found.selections[named("nobody")].doubts] == [DoubtKind.MISSING]
    assert sum(one.path.endswith("/groups") for one in entra.requests) == 2


def test_one_group_takes_two_calls(entra: EntraSandbox, read: Read) -> None:
    """No batch for one request: one to find it, one for its members."""
    entra.tenant.add_group("All", [entra.tenant.add_user("Anna")])
    read(named("All"))
    assert entra.calls.batches == 0
    assert [one.path.rpartition("/")[2] for one in entra.requests if one.graph] == ["groups", "transitiveMembers"]


def test_a_group_that_two_selectors_name_is_read_once(entra: EntraSandbox, read: Read) -> None:
    """By name, by id, or by both."""
    made = entra.tenant.add_group("All", [entra.tenant.add_user("Anna")])
    found = read(named("All"), by_id(made.id), named("A.*", SelectorKind.PATTERN))
    assert len({selection.groups for selection in found.selections.values()}) == 1
    assert sum("transitiveMembers" in one.path for one in entra.requests) == 1


def test_pages_are_as_large_as_may_be(entra: EntraSandbox, read: Read) -> None:
    """999, and properties are named: both make it cheaper."""
    entra.tenant.add_group("All")
    read(named("All"))
    assert all("top=999" in one.query.replace("%24", "$") for one in entra.requests if one.graph)
    assert all("select=" in one.query for one in entra.requests if one.graph)


def test_every_call_carries_an_id_of_its_own(entra: EntraSandbox, read: Read) -> None:
    """The record of completeness says from which to which."""
    for number in range(3):
        entra.tenant.add_group(f"G{number}")
    found = read(named("G.", SelectorKind.PATTERN))
    told = [one.headers["client-request-id"] for one in entra.requests if one.graph]
    assert all(told)
    assert all(told[0][:28] in search.result for search in found.searches)
    assert [search.what for search in found.searches] == ["groups: 1 of 1 lists", "members: 3 of 3 lists"]
