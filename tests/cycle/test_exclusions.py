"""An exclusion that emptied: whoever would come in for it waits, and comes in once a person says so."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bridge.core.mapping import Except, From
from bridge.cycle.outcome import RunOutcome
from bridge.store.held import HeldStatus
from tests.cycle.stage import managed, organization, selector, stage
from tests.transport.virtual import VirtualClock


def test_an_exclusion_that_emptied_lets_nobody_in_by_itself(tmp_path: Path) -> None:
    """Held, approved for exactly these people, applied with the approval on its record, and settled."""
    clock = VirtualClock()
    made = organization(["p00", "p01"], {"Team": {"p00"}}, clock)
    rule = Except(From(selector("staff")), From(selector("leave")))
    mapping = replace(managed("Team"), rule=rule)
    groups = {"staff": {"p00", "p01"}, "leave": {"p01"}}
    with stage(tmp_path / "db", made, [mapping], groups, clock=clock) as set_up:
        assert set_up.run().outcome is RunOutcome.UNCHANGED
        set_up.directory.groups["leave"] = set()
        for _ in range(2):
            report = set_up.run()
            assert report.outcome is RunOutcome.HELD
            assert set_up.members("Team") == {"p00"}
        (held,) = report.verdict.held
        set_up.store.approve(held.digest, "Ada", "back from leave", clock.now() + timedelta(hours=1))
        assert set_up.run().outcome is RunOutcome.CHANGED
        assert set_up.members("Team") == {"p00", "p01"}
        (added,) = [record for record in set_up.records if record["event"] == "member.added"]
        assert added["approval"] == {"digest": held.digest, "by": "Ada", "reason": "back from leave"}
        assert set_up.store.find_held(held.digest).status is HeldStatus.APPLIED
        assert set_up.run().outcome is RunOutcome.UNCHANGED
        set_up.assert_true_to_history()
