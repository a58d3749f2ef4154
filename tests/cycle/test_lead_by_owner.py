"""A managed group that is led by who owns its directory group, from run to run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bridge.core.mapping import From, LeadAction, LeadRule
from bridge.core.model import DirectoryRead, Doubt, DoubtKind, Owners, Person, PersonId, Selection, Selector, email
from bridge.cycle.outcome import RunOutcome
from tests.cycle.stage import ScriptedDirectory, Stage, managed, organization, selector, stage

G = replace(selector("G"), owners=True)


@dataclass
class Owned(ScriptedDirectory):
    """A directory whose group G has these owners, where that is asked."""

    owners: set[str] = field(default_factory=set)

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Tell of owners, too."""
        assert all(selector.owners for selector in selectors)
        found = super().read(selectors)
        people = [
            Person(PersonId(f"corp:{name}"), (email(f"{name}@corp.example"),), name, f"cn={name}")
            for name in sorted(self.owners)
        ]
        owners = {person.id: person for person in people}
        selections = {
            one: Selection(tuple(replace(group, owners=Owners(frozenset(owners))) for group in selection.groups))
            for one, selection in found.selections.items()
        }
        return replace(found, people={**found.people, **owners}, selections=selections)


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Stage]:
    """One group, synchronized, led by p1, who is not in it."""
    people, groups = ["p0", "p1", "p2"], {"G": {"p0"}}
    mapping = replace(managed("G", lead=LeadRule(LeadAction.OWNER)), rule=From(G))
    with stage(tmp_path / "db", organization(people, groups), [mapping], groups) as set_up:
        set_up.directory = Owned({"G": {"p0"}}, owners={"p1"})
        assert set_up.run().outcome is RunOutcome.CHANGED
        yield set_up


def directory(company: Stage) -> Owned:
    """The stage's directory."""
    assert isinstance(company.directory, Owned)
    return company.directory


def lead(company: Stage) -> str:
    """Who leads the group in Hyperproof."""
    organization = company.sandbox.organization
    leading = organization.find_group("G").lead
    return str(organization.find_user(leading).email).partition("@")[0] if leading else ""


def test_a_new_owner_leads_and_stays_no_member(company: Stage) -> None:
    """The lead follows the owner, once, with its record and its cause; the members are what they were."""
    assert lead(company) == "p1"
    directory(company).owners = {"p2"}
    assert company.run().outcome is RunOutcome.CHANGED
    assert (lead(company), company.members("G")) == ("p2", {"p0"})
    told = [record for record in company.records if record["event"] == "lead.changed"]
    assert [record["cause"] for record in told] == ["first sync", "source changed"]
    assert company.run().outcome is RunOutcome.UNCHANGED


@pytest.mark.parametrize("owners", [set[str](), {"p1", "p2"}, {"stranger"}])
def test_without_one_owner_the_lead_stays_and_it_is_told(company: Stage, owners: set[str]) -> None:
    """None, two, or one without an account."""
    directory(company).owners = owners
    report = company.run()
    assert lead(company) == "p1"
    (skip,) = report.plan.groups[0].skips
    assert (skip.kind.value, skip.subject) == ("lead", "G")


def test_doubt_leaves_the_lead(company: Stage) -> None:
    """Even where an owner is named."""
    directory(company).owners = {"p2"}
    directory(company).doubts = (Doubt(DoubtKind.TRUNCATED, "a page is missing"),)
    company.run()
    assert lead(company) == "p1"
