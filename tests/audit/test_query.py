from datetime import timedelta

import pytest

from bridge.audit.ledger import Entry
from bridge.audit.query import Filter, find_records, last_changes
from bridge.errors import StoreError
from tests.audit.chains import NOON, MemoryLedger, record


@pytest.fixture
def ledger() -> MemoryLedger:
    """Six records of two runs."""
    ledger = MemoryLedger()
    ledger.append(
        record("run.started", 0),
        record("member.added", 1, group="Auditors", group_id="g-1", account="acc-1", email="anna@corp.example",
               people=["corp:1"]),
        record("member.removed", 2, group="Auditors", group_id="g-1", account="acc-2", email="ben@corp.example"),
        record("group.read", 3, "run-2", group="cn=auditors", source_id="corp:g", people=2),
        record("change.failed", 4, "run-2", group='The "A" Team', mapping="a",
               members=[{"account": "acc-1", "email": "anna@corp.example", "people": ["corp:1"]}]),
        record("change.held", 5, "run-2", group="Auditors", changes=[{"members": [{"account": "acc-3"}]}]),
    )  # fmt: skip
    return ledger


def found(ledger: MemoryLedger, wanted: Filter) -> list[int]:
    """The numbers of the records found."""
    return [one.record["seq"] for one in find_records(ledger, wanted)]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Filter(), [1, 2, 3, 4, 5, 6]),
        (Filter(event="member.added"), [2]),
        (Filter(event="member"), [2, 3]),
        (Filter(event="mem"), []),
        (Filter(run="run-2"), [4, 5, 6]),
        (Filter(group="Auditors"), [2, 3, 6]),
        (Filter(group="g-1"), [2, 3]),
        (Filter(group="corp:g"), [4]),
        (Filter(group='The "A" Team'), [5]),
        (Filter(person="Anna@Corp.example"), [2, 5]),
        (Filter(person="acc-2"), [3]),
        (Filter(person="corp:1"), [2, 5]),
        (Filter(person="acc-3"), [6]),
        (Filter(person="anna"), []),
        (Filter(since=NOON + timedelta(minutes=4)), [5, 6]),
        (Filter(until=NOON + timedelta(minutes=1)), [1]),
        (Filter(event="member", person="acc-1"), [2]),
        (Filter(limit=2), [5, 6]),
        (Filter(event="member", limit=1), [3]),
        (Filter(limit=0), []),
    ],
    ids=str,
)
def test_finds_exactly_what_is_asked_for(ledger: MemoryLedger, wanted: Filter, numbers: list[int]) -> None:
    """Every condition counts; records come oldest first, and a limit keeps the newest."""
    assert found(ledger, wanted) == numbers


def test_a_text_inside_another_is_not_enough(ledger: MemoryLedger) -> None:
    """A needle in the line is a hint; the fact itself decides."""
    ledger.append(record("run.failed", 6, reason="member.added of Auditors by acc-1 failed"))
    assert 7 not in found(ledger, Filter(event="member.added"))
    assert 7 not in found(ledger, Filter(group="Auditors"))


def test_a_damaged_line_is_an_error_not_a_gap(ledger: MemoryLedger) -> None:
    """A search that cannot read a record says so, and does not pretend that it is not there."""
    ledger.rows[2] = Entry(3, ledger.rows[2].line[:-5])
    with pytest.raises(StoreError, match=r"record 3 is damaged.*audit verify"):
        found(ledger, Filter())


def test_the_last_change_of_an_account_in_each_group() -> None:
    """The newest that put it in or took it out; of no other group, account or event."""
    ledger = MemoryLedger()
    ledger.append(
        record("member.added", 0, group_id="g-1", account="acc-1"),
        record("member.removed", 1, group_id="g-1", account="acc-1"),
        record("member.added", 2, group_id="g-2", account="acc-1"),
        record("member.added", 3, group_id="g-3", account="acc-1"),
        record("member.added", 4, group_id="g-1", account="acc-2"),
        record("member.skipped", 5, group_id="g-1", account="acc-1"),
    )
    found = last_changes(ledger, "acc-1", {"g-1", "g-2", "g-4"})
    assert {group: one["seq"] for group, one in found.items()} == {"g-1": 2, "g-2": 3}
    assert last_changes(ledger, "acc-1", ()) == {}
    assert last_changes(ledger, "acc-3", {"g-1"}) == {}
