"""The cost of a run: three reads, and at most three calls for each group that changes."""

from pathlib import Path

import pytest

from bridge.core.mapping import Limits
from bridge.cycle.outcome import RunOutcome
from bridge.sandbox.hyperproof import Organization
from bridge.sandbox.hyperproof.generate import generate
from tests.cycle.stage import Stage, managed, stage

THREE_READS = [("GET", "/v1/groups"), ("GET", "/v1/groups/users"), ("GET", "/v1/users")]


def directory_of(made: Organization) -> dict[str, list[str]]:
    """A directory that says what is so already."""
    return {
        group.name: [address.partition("@")[0] for address in made.member_emails(group.id)]
        for group in made.groups
    }


def idle(path: Path, groups: int) -> list[tuple[str, str]]:
    """The calls of a run that finds nothing to do."""
    made = generate(users=60, groups=groups, members_per_group=4)
    directory = directory_of(made)
    with stage(path, made, map(managed, directory), directory) as set_up:
        assert set_up.run().outcome is RunOutcome.UNCHANGED
        set_up.sandbox.clear_log()
        assert set_up.run().outcome is RunOutcome.UNCHANGED
        tokens = [one for one in set_up.sandbox.requests if not one.path.startswith("/v1")]
        assert not tokens, "the token lives on"
        return set_up.calls


@pytest.mark.parametrize("groups", [5, 2000])
def test_an_idle_run_makes_three_calls(tmp_path: Path, groups: int) -> None:
    """Whatever the number of groups; and no token call while the token lives."""
    assert sorted(idle(tmp_path / "db", groups)) == THREE_READS


def changed_calls(set_up: Stage) -> int:
    """The calls of a run beside its three reads."""
    set_up.sandbox.clear_log()
    assert set_up.run().outcome is RunOutcome.CHANGED
    return len(set_up.calls) - len(THREE_READS)


@pytest.mark.parametrize("changed", [1, 4])
def test_a_changed_group_costs_three_calls_at_most(tmp_path: Path, changed: int) -> None:
    """One that adds, one that removes, one that reads back."""
    made = generate(users=60, groups=6, members_per_group=8)
    directory = directory_of(made)
    with stage(tmp_path / "db", made, map(managed, directory), directory) as set_up:
        set_up.change_policy(limits=Limits(removals_per_run=managed("G").settings.limit))
        set_up.run()
        everybody = {name for members in directory.values() for name in members}
        for name in sorted(directory)[:changed]:
            members = set_up.directory.groups[name]
            set_up.directory.groups[name] = {*sorted(members)[1:], min(everybody - members)}
        assert changed_calls(set_up) == 3 * changed
        set_up.assert_true_to_history()


def test_a_created_group_costs_two_calls_and_the_look_at_the_archived_ones(tmp_path: Path) -> None:
    """Created with its members in one call, and read back."""
    made = generate(users=40, groups=1, members_per_group=8)
    directory = {**directory_of(made), "New": [(user.email or "").partition("@")[0] for user in made.users[:20]]}
    with stage(tmp_path / "db", made, [managed("New", create=True)], directory) as set_up:
        assert changed_calls(set_up) == 3
        set_up.assert_true_to_history()


def test_members_go_in_chunks(tmp_path: Path) -> None:
    """No call holds more ids than the setting allows, and one read confirms all of them."""
    made = generate(users=60, groups=1, members_per_group=4)
    [name] = directory_of(made)
    people = [(user.email or "").partition("@")[0] for user in made.users[:25]]
    with stage(tmp_path / "db", made, [managed(name)], {name: people}) as set_up:
        set_up.chunk = 10
        set_up.sandbox.set_modes(batch_limit=10)
        missing = 25 - len(set_up.members(name) & set(people))
        set_up.run()
        assert len([call for call in set_up.writes if call[0] == "POST"]) == -(-missing // 10)
        assert set(people) <= set_up.members(name)
        set_up.assert_true_to_history()


def test_a_run_that_took_long_to_read_looks_again_before_it_writes(tmp_path: Path) -> None:
    """What was read more than a minute ago is no ground to write on; what others did meanwhile is not ours."""
    made = generate(users=40, groups=1, members_per_group=4)
    [(name, members)] = directory_of(made).items()
    everybody = {(user.email or "").partition("@")[0] for user in made.users[:20]}
    two = sorted(everybody - set(members))[:2]
    with stage(tmp_path / "db", made, [managed(name)], {name: [*members, *two]}) as set_up:

        class Slow(type(set_up.directory)):  # type: ignore[misc]  # the class of the stage's directory
            def read(self, selectors: object) -> object:
                set_up.clock.pass_(90)
                set_up.sandbox.ui.add_members(name, [f"{two[0]}@corp.example"])
                return super().read(selectors)

        set_up.directory.__class__ = Slow
        report = set_up.run()
        assert [deed.member.email for deed in report.deeds if deed.member] == [f"{two[1]}@corp.example"]
        assert set_up.members(name) == {*members, *two}
        set_up.assert_true_to_history()
