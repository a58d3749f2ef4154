"""Every change has one cause: each row of the table in bridge/core/cause.py."""

from dataclasses import replace

import pytest

from bridge.core.cause import Causes, Past, has_same_rule, is_edited, mapping_digest
from bridge.core.change import Cause
from bridge.core.desired import Desired
from bridge.core.difference import Difference
from bridge.core.mapping import AllOf, AnyOf, Except, From, GroupMapping, LeadAction, LeadRule, Mode
from bridge.core.memory import Baseline, SourceBaseline
from bridge.core.model import AccountId, Email, GroupId, PersonId
from tests.core.world import group, ids, mapping, pid, selector, source

G = mapping("G")
A = AccountId("a")


def causes(
    *,
    settled: bool = True,
    was_wanted: bool = False,
    was_member: bool = False,
    in_source: bool = False,
    was_in_source: bool = False,
    edited: bool = False,
    other_sources: bool = False,
    placed: bool = False,
) -> Causes:
    """The causes for account `a` of person `a`."""
    wanted, member = ids("a") if was_wanted else ids(), ids("a") if was_member else ids()
    sources = ("corp:other",) if other_sources else ("corp:G",)
    baseline = Baseline("edited" if edited else mapping_digest(G), wanted, member, sources)
    people = frozenset({pid("a")}) if was_in_source else frozenset[PersonId]()
    past = Past(
        {"G": baseline} if settled else {},
        {"corp:G": SourceBaseline("corp:G", "G", people, "")},
        {GroupId("id-G"): ids("a")} if placed else {},
    )
    feeding = (source("G", *(["a"] if in_source else [])),)
    return Causes(Difference(G, group("G"), Desired(ids(), ids(), groups=feeding), ids()), past)


def added(**world: bool) -> Cause:
    """Why `a` is put in."""
    return causes(in_source=True, **world).of_add(A, [pid("a")])


def removed(**world: bool) -> Cause:
    """Why `a` is taken out."""
    return causes(**world).of_removal(A, [pid("a")])


def test_of_somebody_whom_we_put_in_before_the_group_was_settled() -> None:
    """It is no longer the first sync that takes them out, but what changed in the directory since."""
    assert removed(settled=False) is Cause.FIRST_SYNC
    assert removed(settled=False, placed=True) is Cause.SOURCE


def test_of_adds() -> None:
    """The first row that fits decides."""
    assert added(settled=False, edited=True) is Cause.FIRST_SYNC
    assert added(was_wanted=True, was_member=True, was_in_source=True, edited=True) is Cause.DRIFT
    assert added() is Cause.SOURCE
    assert added(edited=True) is Cause.SOURCE
    assert added(was_in_source=True, edited=True) is Cause.CONFIGURATION
    assert added(was_in_source=True, other_sources=True) is Cause.CONFIGURATION
    assert added(was_in_source=True) is Cause.IDENTITY


def test_of_removals() -> None:
    """The first row that fits decides."""
    assert removed(settled=False) is Cause.FIRST_SYNC
    assert removed(was_member=True, was_in_source=True, edited=True) is Cause.SOURCE
    assert removed(was_in_source=True) is Cause.SOURCE
    assert removed(was_member=True, edited=True) is Cause.CONFIGURATION
    assert removed(was_member=True, other_sources=True) is Cause.CONFIGURATION
    assert removed() is Cause.DRIFT
    assert removed(placed=True) is Cause.IDENTITY
    assert removed(was_member=True) is Cause.IDENTITY


def test_of_a_reconfigured_mapping_whoever_was_put_in_by_hand_is_drift() -> None:
    """The mapping did not name them before either."""
    assert removed(edited=True) is Cause.DRIFT


def test_of_the_group_itself() -> None:
    """Created, renamed or led by another: for the first time, as configured anew, or back as it was."""
    assert causes(settled=False).of_group() is Cause.FIRST_SYNC
    assert causes(edited=True).of_group() is Cause.CONFIGURATION
    assert causes().of_group() is Cause.DRIFT


@pytest.mark.parametrize(
    "changed",
    [
        replace(G, name="H"),
        replace(G, group_id=GroupId("x")),
        replace(G, rule=From(selector("H"))),
        replace(G, rule=From(selector("G"), only="corp:G")),
        replace(G, rule=AnyOf((From(selector("G")),))),
        replace(G, rule=AllOf((From(selector("G")),))),
        replace(G, rule=Except(From(selector("G")), From(selector("G")))),
        mapping("G", mode=Mode.OWNED),
        mapping("G", keep=frozenset({Email("a@x")})),
        mapping("G", ignore=frozenset({Email("a@x")})),
        mapping("G", lead=LeadRule(LeadAction.CLEAR)),
        mapping("G", rename=True),
    ],
)
def test_every_edit_that_may_change_the_group_changes_the_digest(changed: GroupMapping) -> None:
    """What the mapping says is named by its digest; where it stands in the file is not said."""
    assert mapping_digest(changed) != mapping_digest(G)
    assert mapping_digest(replace(G, where="elsewhere:1")) == mapping_digest(G)


@pytest.mark.parametrize(
    ("now", "edited", "same_rule"),
    [
        (replace(G, where="elsewhere:1"), False, True),
        (mapping("G", keep=frozenset({Email("a@x")})), True, True),
        (mapping("G", From(selector("H"))), True, False),
    ],
)
def test_the_digest_tells_an_edit_of_the_rule_from_another(
    now: GroupMapping, *, edited: bool, same_rule: bool
) -> None:
    """One that was kept before it named the rule by itself tells of the whole alone."""
    before = mapping_digest(G)
    assert (is_edited(now, before), has_same_rule(now, before)) == (edited, same_rule)
    of_old, _, _ = before.partition("-")
    assert (is_edited(now, of_old), has_same_rule(now, of_old)) == (edited, not edited)
