"""A run of twenty changes of every kind, in ten calls, for the tests of what goes wrong in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from bridge.core.mapping import LeadAction, LeadRule, Limit, Limits
from bridge.core.model import Email, GroupId
from bridge.sandbox.hyperproof import Modes
from tests.cycle.stage import Stage, managed, organization, stage
from tests.transport.virtual import VirtualClock

PEOPLE: Final = [f"p{number:02}" for number in range(20)]


def people(*numbers: int) -> set[str]:
    """These people."""
    return {PEOPLE[number] for number in numbers}


BEFORE: Final = {
    "A": people(0, 1, 2, 3, 4),
    "B": people(7, 8, 9),
    "Old": people(18),
    "E": people(0, 1, 19),
}
WANTED: Final = {
    "A": people(2, 3, 4, 5, 6),
    "B": people(7),
    "C": people(10, 11, 12),
    "D": people(13, 14, 18),
    "E": people(15, 16, 17, 19),
}
CHANGES: Final = 20
WRITES: Final = 10
ANY: Final = Limit(count=100, percent=100, floor=100)
LIMITS: Final = Limits(removals_per_run=ANY)


@contextmanager
def twenty_changes(database: Path, modes: Modes | None = None) -> Iterator[Stage]:
    """The stage before the run."""
    clock = VirtualClock()
    made = organization(PEOPLE, BEFORE, clock)
    made.add_group("Not managed", [made.find_user("p00@corp.example")])
    led = made.find_group("B")
    made._put_group(replace(led, lead=made.find_user("p07@corp.example").user_id))
    old = GroupId(made.find_group("Old").id)
    mappings = [
        managed("A", limit=ANY),
        managed("B", lead=LeadRule(LeadAction.CLEAR)),
        managed("C", create=True),
        replace(managed("D", rename=True, lead=LeadRule(LeadAction.SET, Email("p13@corp.example"))), group_id=old),
        managed("E"),
    ]
    with stage(database, made, mappings, WANTED, modes, clock=clock) as set_up:
        set_up.change_policy(limits=LIMITS)
        yield set_up


def assert_nobody_removed_wrongly(set_up: Stage) -> None:
    """Whoever was taken out was in a managed group and not wanted there."""
    for event in set_up.removals:
        name = {"Old": "D"}.get(event.group_name, event.group_name)
        assert event.email.partition("@")[0] in BEFORE.get(name, set()) - WANTED[name], event


def assert_as_wanted(set_up: Stage, *, but: str = "") -> None:
    """The organization is as the directory and the configuration say; `but` has lost the account meanwhile."""
    made = set_up.sandbox.organization
    for name, wanted in WANTED.items():
        assert set_up.members(name) - {but} == wanted - {but}, name
    assert made.find_group("B").lead is None
    assert made.find_group("D").lead == made.find_user("p13@corp.example").user_id
    assert set_up.members("Not managed") == {"p00"}


def assert_right_in_the_end(set_up: Stage, *, but: str = "") -> None:
    """Nobody was removed wrongly; and after one more run, when no call can be under way any more, all is done."""
    assert_nobody_removed_wrongly(set_up)
    set_up.restart()
    set_up.clock.pass_(set_up.target.longest_call.total_seconds())
    set_up.run()
    assert_nobody_removed_wrongly(set_up)
    assert_as_wanted(set_up, but=but)
    set_up.assert_true_to_history()
    assert not set_up.store.load_intents()
