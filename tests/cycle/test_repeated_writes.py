"""A write of unknown outcome that is sent again: whatever comes of the repetition, the first may still land."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.core.model import AccountId, GroupId
from bridge.cycle.outcome import Result
from bridge.errors import ChangeRejected, Denied, OutcomeUnknown, RemoteError, Throttled
from tests.cycle.stage import Stage, managed, organization, stage

PEOPLE = [f"p{number:02}" for number in range(20)]

REFUSALS = {
    "denied": Denied("hyperproof", "answered 403"),
    "throttled": Throttled("hyperproof", "asked to wait", 60),
    "refused": ChangeRejected("hyperproof", "such a request is under way", 409),
}
WRITES = {"add_members": (PEOPLE[:15], PEOPLE[:18]), "remove_members": (PEOPLE[:18], PEOPLE[:15])}
"""Writes about three people, and what makes them: who is in, and who shall be."""

Write = Callable[[GroupId, Sequence[AccountId]], None]


class Script:
    """What comes of each call of one kind of write, in turn; the last holds for all further ones."""

    def __init__(self, one: Stage, write: str, *ends: Write) -> None:
        self.real: Write = getattr(one.target, write)
        self.ends = list(ends)
        self.calls: list[tuple[GroupId, Sequence[AccountId]]] = []
        setattr(one.target, write, self._call)

    def _call(self, group: GroupId, members: Sequence[AccountId]) -> None:
        self.calls.append((group, members))
        self.ends[min(len(self.calls), len(self.ends)) - 1](group, members)

    def first_lands(self) -> None:
        """The first call is done only now; those from now on are as usual."""
        self.real(*self.calls[0])
        self.ends = [self.real]


def ending(error: RemoteError) -> Write:
    """A call that ends so, and does nothing."""

    def call(*_: object) -> None:
        raise error

    return call


UNANSWERED = ending(OutcomeUnknown("hyperproof", "no answer in time"))


@contextmanager
def changing(folder: Path, write: str) -> Iterator[Stage]:
    """The stage before a run that makes this write."""
    before, after = WRITES[write]
    with stage(folder / "db", organization(PEOPLE, {"G": before}), [managed("G")], {"G": before}) as one:
        one.run()
        one.directory.groups["G"] = set(after)
        yield one


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_the_first_has_its_record_though_its_repetition_came_to_nothing(
    tmp_path: Path, refusal: RemoteError, write: str
) -> None:
    """That it was not done the second time says nothing of the first."""
    with changing(tmp_path, write) as one:
        script = Script(one, write, UNANSWERED, ending(refusal))
        report = one.run()
        assert {deed.result for deed in report.deeds} == {Result.UNCONFIRMED}
        script.first_lands()
        one.clock.pass_(60)
        assert one.run().settled == 1
        assert one.members("G") == set(WRITES[write][1])
        one.assert_true_to_history()
        assert one.store.load_intents() == ()


@pytest.mark.parametrize("write", WRITES)
def test_nothing_is_sent_a_third_time_while_the_first_may_land(tmp_path: Path, write: str) -> None:
    """Once it cannot any more it is done anew."""
    with changing(tmp_path, write) as one:
        script = Script(one, write, UNANSWERED, ending(REFUSALS["denied"]))
        one.run()
        script.ends = [script.real]
        assert one.run().open == 1
        assert len(script.calls) == 2
        one.clock.pass_(one.target.longest_call.total_seconds())
        one.run()
        assert one.members("G") == set(WRITES[write][1])
        one.assert_true_to_history()


@pytest.mark.parametrize("write", WRITES)
def test_each_is_told_once_when_the_first_lands_while_the_second_is_refused(tmp_path: Path, write: str) -> None:
    """Whoever is seen has a record, and the others are sent again by themselves."""
    with changing(tmp_path, write) as one:

        def two_land_and_then_refuse(group: GroupId, members: Sequence[AccountId]) -> None:
            script.real(group, members[:2])
            raise REFUSALS["refused"]

        script = Script(one, write, UNANSWERED, two_land_and_then_refuse)
        script.ends.append(script.real)
        report = one.run()
        assert [len(members) for _, members in script.calls] == [3, 3, 1]
        assert {deed.result for deed in report.deeds} == {Result.APPLIED}
        one.assert_true_to_history()
        assert one.store.load_intents() == ()


@pytest.mark.parametrize("write", WRITES)
def test_those_whom_no_repetition_reached_keep_their_intent(tmp_path: Path, write: str) -> None:
    """The second is refused as a whole, the third does one of them, the fourth is denied; then the first lands."""
    with changing(tmp_path, write) as one:
        script = Script(one, write, UNANSWERED, ending(REFUSALS["refused"]))
        script.ends += [script.real, ending(REFUSALS["denied"])]
        report = one.run()
        assert [len(members) for _, members in script.calls] == [3, 3, 2, 1]
        script.first_lands()
        one.run()
        assert report.counts()["untried"] == 0
        one.assert_true_to_history()
        assert one.store.load_intents() == ()
