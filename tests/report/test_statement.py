"""What a report states is what the store and the chain say, each figure with its record."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audit.events import Event
from bridge.core.change import Skip, SkipKind
from bridge.core.journal import Recollection, Record
from bridge.errors import BridgeError
from bridge.report.page import page
from bridge.report.statement import Statement
from bridge.store.store import DatabaseStore
from tests.report.kept import MARCH, auditors, kept, let_run, put_in, stated, taken_out
from tests.store.stores import NOON, held_removals

NOBODY = Skip(SkipKind.NO_ACCOUNT, "cn=zoe", "no account has the address zoe@corp.example")
KEPT = Skip(SkipKind.PROTECTED, "ann@corp.example", "on the keep list")


def records(store: DatabaseStore) -> list[dict[str, object]]:
    """The whole chain."""
    return [json.loads(entry.line) for entry in store.ledger.entries()]


def member(said: Statement, who: str) -> tuple[bool, object]:
    """Whether somebody is told as put in by the bridge, and by which record."""
    (group,) = said.groups
    (found,) = [one for one in group.membership.members if one.address == f"{who}@corp.example"]
    return found.is_placed, found.record["seq"] if found.record else None


def test_a_member_has_the_record_of_having_been_put_in(tmp_path: Path) -> None:
    """The last one; who was there before, or was put in again by others, is told as such."""
    with kept(tmp_path) as store:
        left = Recollection(sights=(auditors("ann@corp.example", "bo@corp.example", "cy@corp.example"),))
        let_run(store, 1, put_in("ann"), taken_out("ann"), put_in("ann"), taken_out("bo"), left=left)
        said = stated(store, tmp_path)
        assert member(said, "ann") == (True, 4)
        assert member(said, "bo") == (False, 5)
        assert member(said, "cy") == (False, None)


def test_who_was_put_in_and_is_gone_without_a_record_is_told(tmp_path: Path) -> None:
    """Somebody else took them out: the chain alone would still have them in."""
    with kept(tmp_path) as store:
        let_run(store, 1, put_in("ann"), put_in("bo"), left=Recollection(sights=(auditors("ann@corp.example"),)))
        (group,) = stated(store, tmp_path).groups
        assert [record["email"] for record in group.membership.missing] == ["bo@corp.example"]


def test_an_address_that_changed_loses_no_record(tmp_path: Path) -> None:
    """It is the account that was put in, under whatever address a later record has it."""
    with kept(tmp_path) as store:
        left = Recollection(sights=(auditors("ann.young@corp.example"),))
        elsewhere = put_in("ann", email="ann.young@corp.example", group_id="another", mapping="Other")
        let_run(store, 1, put_in("ann"), elsewhere, left=left)
        (group,) = stated(store, tmp_path).groups
        assert [(one.is_placed, one.record and one.record["seq"]) for one in group.membership.members] == [
            (True, 2)
        ]
        assert group.membership.missing == ()


def test_what_was_done_since_the_last_run_counts(tmp_path: Path) -> None:
    """By hand, or by a run that was cut off: each such record was read back in its turn."""
    with kept(tmp_path) as store:
        let_run(store, 1, put_in("ann"), left=Recollection(sights=(auditors("ann@corp.example"),)))
        by_hand = [put_in("bo", run="run-2", by="jo"), taken_out("ann", run="run-2", by="jo")]
        let_run(store, 2, *by_hand, kind="by hand")
        said = stated(store, tmp_path)
        assert [one.address for one in said.groups[0].membership.members] == ["bo@corp.example"]
        (order,) = said.orders
        assert (order.started["by"], [deed["seq"] for deed in order.deeds]) == ("jo", [5, 6])


def test_a_period_has_what_happened_in_it(tmp_path: Path) -> None:
    """And nothing else; members are those of now all the same."""
    with kept(tmp_path) as store:
        let_run(store, 1, put_in("ann"), left=Recollection(sights=(auditors("ann@corp.example"),)))
        february = replace(MARCH, first=date(2026, 2, 1), last=date(2026, 2, 28))
        before, now = stated(store, tmp_path, february), stated(store, tmp_path)
        assert (before.total(Event.MEMBER_ADDED), now.total(Event.MEMBER_ADDED)) == (0, 1)
        assert before.members == now.members == 1
        assert before.told.runs == {}
        assert before.period.is_over


def test_everything_that_a_person_asks_is_there(tmp_path: Path) -> None:
    """Unresolved people, the protected, held changes, doubts and failures, each with its record."""
    with kept(tmp_path) as store:
        about = {"mapping": "Auditors", "group": "Auditors", "group_id": "g"}
        skip = Record(Event.MEMBER_SKIPPED.value, NOON, "run-1",
                      {**about, "subject": "cn=zoe", "kind": "no account", "reason": NOBODY.reason})  # fmt: skip
        held = held_removals(3, "Auditors")
        hold = Record(
            Event.CHANGE_HELD.value, NOON, "run-1", {**about, "digest": held.digest, "findings": [], "changes": []}
        )
        broken = Record(
            Event.SOURCE_FAILED.value, NOON, "run-1", {"directory": "corp", "reason": "no server answered"}
        )
        failed = Record(Event.CHANGE_FAILED.value, NOON, "run-1",
                        {**about, "intent": "i", "action": "add members", "reason": "400"})  # fmt: skip
        sight = auditors("ann@corp.example", skips=(NOBODY, KEPT), doubts=("missing: one",))
        let_run(store, 1, skip, hold, broken, broken, failed, left=Recollection(sights=(sight,), held=(held,)))
        said = stated(store, tmp_path)
        (person,) = said.people
        (group,) = said.groups
        told = said.skip_record(person, group.sight)
        assert told is not None
        assert told["seq"] == 2
        assert group.left == (KEPT,)
        assert said.told.held[said.held[0].digest]["seq"] == 3
        (doubt,) = said.doubts.items()
        assert (doubt[0], doubt[1].count, doubt[1].first["seq"], doubt[1].last["seq"]) == (
            ("directory corp", "no server answered"), 2, 4, 5)  # fmt: skip
        assert [span.first["seq"] for span in said.failures.values()] == [6]


def test_one_group_alone_can_be_asked_for(tmp_path: Path) -> None:
    """By name, key or id. What is about others is left out; a name that is none is refused."""
    with kept(tmp_path) as store:
        other = auditors("bo@corp.example", key="Other", name="Other", group_id="g-2")
        let_run(store, 1, put_in("ann"), put_in("bo", group_id="g-2", mapping="Other", group="Other"),
                left=Recollection(sights=(auditors("ann@corp.example"), other)))  # fmt: skip
        for asked in ("Other", "g-2"):
            said = stated(store, tmp_path, only=asked)
            assert [group.sight.name for group in said.groups] == ["Other"]
            assert said.total(Event.MEMBER_ADDED) == 1
        with pytest.raises(BridgeError, match="No managed group Nobody"):
            stated(store, tmp_path, only="Nobody")


def test_a_group_that_could_not_be_read_has_no_figure(tmp_path: Path) -> None:
    """Nobody is told as being in it, and nobody as not being in it."""
    lost = auditors(group=None, feeds=(), skips=(Skip(SkipKind.GROUP, "Auditors", "no group has this name"),))
    with kept(tmp_path) as store:
        let_run(store, 1, left=Recollection(sights=(lost,)))
        assert not stated(store, tmp_path).groups[0].is_known


def test_a_broken_chain_is_used_as_far_as_it_is_sound(tmp_path: Path) -> None:
    """What stands behind the wrong record proves nothing, and is not stated."""
    with kept(tmp_path) as store:
        let_run(store, 1, put_in("ann"), put_in("bo"), left=Recollection(sights=(auditors("ann@corp.example"),)))
        with closing(sqlite3.connect(tmp_path / "bridge.db")) as database:
            database.execute("UPDATE audit SET line = replace(line, 'bo@corp', 'xo@corp') WHERE seq = 3")
            database.commit()
        said = stated(store, tmp_path)
        assert said.proof.finding is not None
        assert (said.proof.finding.seq, said.proof.tip.seq) == (3, 2)
        assert said.total(Event.MEMBER_ADDED) == 1


steps = st.lists(st.tuples(st.sampled_from((put_in, taken_out)), st.sampled_from(("ann", "bo", "cy"))), max_size=8)


@settings(max_examples=30, deadline=None)
@given(before=steps, since=steps, seen=st.sets(st.sampled_from(("ann", "bo", "cy"))))
def test_members_are_those_seen_last_with_what_was_recorded_since(
    before: Sequence[tuple[object, str]], since: Sequence[tuple[object, str]], seen: set[str]
) -> None:
    """Whatever happened: the figures are the ledger's, and the last record decides."""
    with TemporaryDirectory() as folder, kept(Path(folder)) as store:
        left = Recollection(sights=(auditors(*(f"{who}@corp.example" for who in seen)),))
        let_run(store, 1, *(make(who) for make, who in before), left=left)  # type: ignore[operator]  # both take a name
        store.record([make(who) for make, who in since])  # type: ignore[operator]  # as above
        said = stated(store, Path(folder))
        expected = set(seen)
        for make, who in since:
            (expected.add if make is put_in else expected.discard)(who)
        (group,) = said.groups
        assert {one.address.partition("@")[0] for one in group.membership.members} == expected
        whole = records(store)
        for one in group.membership.members:
            mine = [r for r in whole if r.get("email") == one.address]
            assert (one.record or {}).get("seq") == (mine[-1]["seq"] if mine else None)
        assert group.added == said.total(Event.MEMBER_ADDED) == sum(r["event"] == "member.added" for r in whole)
        assert (
            group.removed == said.total(Event.MEMBER_REMOVED) == sum(r["event"] == "member.removed" for r in whole)
        )


def test_a_release_from_quarantine_is_a_decision(tmp_path: Path) -> None:
    """With who did it, and what had failed where they did not say why."""
    with kept(tmp_path) as store:
        about = {"mapping": "Auditors", "group": "Auditors"}
        released = Record(Event.MAPPING_RELEASED.value, NOON, "run-1", {**about, "by": "ada", "failure": "400"})
        let_run(store, 1, released)
        text = "".join(page(stated(store, tmp_path)))
        assert "released from quarantine" in text
        assert "<bdi>ada</bdi>: <bdi>400</bdi>" in text


def test_facts_that_were_left_out_of_a_record_stop_no_report(tmp_path: Path) -> None:
    """Empty ones are, when a record is made: a group without a name, a refusal without a reason."""
    with kept(tmp_path) as store:
        bare = {"mapping": "Auditors", "group_id": "g", "intent": "i", "action": "add members"}
        records_ = [
            Record(event.value, NOON, "run-1", {**bare, **more})
            for event, more in (
                (Event.MEMBER_ADDED, {"account": "acc-1"}),
                (Event.LEAD_CHANGED, {}),
                (Event.CHANGE_FAILED, {}),
                (Event.CHANGE_HELD, {"digest": "d"}),
                (Event.CHANGE_REJECTED, {"digest": "d"}),
                (Event.MAPPING_RELEASED, {"by": "ada"}),
                (Event.MEMBER_SKIPPED, {"kind": "no account"}),
                (Event.INTENT_SETTLED, {"done": 0, "of": 1}),
            )
        ]
        let_run(store, 1, *records_, left=Recollection(sights=(auditors(),)))
        assert "".join(page(stated(store, tmp_path))).endswith("</html>")
