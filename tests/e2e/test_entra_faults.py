"""Whatever goes wrong with whichever page of a read of fifty groups: nobody is removed wrongly, and it is told."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.core.mapping import From, GroupMapping, Limit, Limits, Settings
from bridge.core.model import Selector, SelectorKind
from bridge.sandbox.graph import (
    EXPIRED_PAGE_TOKEN,
    TOKEN_EXPIRED,
    Body,
    CutOff,
    Drop,
    Effect,
    EmptyPage,
    EntraSandbox,
    Fault,
    Html,
    LinkBack,
    LinkTo,
    Nulls,
    OmitItem,
    OmitValue,
    Refuse,
    RenameItem,
    RepeatItem,
    RepeatItems,
    Reset,
    ReverseItems,
    Silence,
    SpoilValue,
    Tenant,
    Truncate,
)
from bridge.sources.entra.source import open_entra
from bridge.transport.settings import Timeouts
from tests.cycle.stage import CORP, Stage, organization, stage
from tests.sources.entra.tenants import settings
from tests.transport.virtual import VirtualClock

pytestmark = pytest.mark.e2e

SIZE = 50
PAGES = 3
STAFF: Mapping[str, list[str]] = {f"G{g:02}": [f"p{g:02}-{n}" for n in range(7)] for g in range(SIZE)}
"""Seven people in each group, three on a page."""
AMPLE = Limit(count=1000, percent=100, floor=1000)


def leaver(group: str) -> str:
    """Who is in the managed group, and in the directory nowhere."""
    return f"left-{group.lower()}"


PASSING: Mapping[str, Effect] = {
    "429 for a while": Refuse(429, "TooManyRequests", retry_after=3),
    "429 for a fraction": Refuse(429, "TooManyRequests", retry_after=2.128),
    "429 until a date": Refuse(429, "activityLimitReached", retry_after=4, retry_after_date=True),
    "429 without a time": Refuse(429, "UnknownError"),
    "503 for a while": Refuse(503, "serviceNotAvailable", retry_after=2),
    "503 without a time": Refuse(503),
    "500": Refuse(500, "generalException"),
    "504": Refuse(504),
    "509": Refuse(509),
    "token refused": TOKEN_EXPIRED,
    "truncated": Truncate(),
    "truncated, with an error behind": Truncate(tail='{"error": {"code": "InternalServerError"}}'),
    "a page for people": Html(200),
    "an unavailable page for people": Html(503),
    "reset": Reset(),
    "closed": Drop(),
    "cut off": CutOff(),
    "page token expired": EXPIRED_PAGE_TOKEN,
    "all items twice": RepeatItems(),
}
"""What comes once and is got over: the group is read whole in the end."""

LASTING: Mapping[str, Effect] = {
    "404": Refuse(404, "Request_ResourceNotFound", "Resource does not exist."),
    "400": Refuse(400, "Request_BadRequest", "Bad."),
    "403": Refuse(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    "410": Refuse(410, "Gone"),
    "503 for good": Refuse(503),
    "truncated for good": Truncate(),
    "page token always expired": EXPIRED_PAGE_TOKEN,
    "nulls": Nulls(),
    "one null": Nulls(first=1),
    "nobody told disabled": Nulls(names=("accountEnabled",)),
    "no value": OmitValue(),
    "value that is no list": SpoilValue(),
    "null": Body("null"),
    "a list": Body("[]"),
    "a link back": LinkBack(),
    "a link elsewhere": LinkTo("https://graph.elsewhere.example/v1.0/groups?$skiptoken=x"),
    "a link to nowhere": LinkTo("nonsense"),
}
"""What stays: the group is in doubt."""

WIRE: Mapping[str, Effect] = {
    "429 for good": Refuse(429, "TooManyRequests"),
    "429 until tomorrow": Refuse(429, "TooManyRequests", retry_after=90_000),
    "503 for good": Refuse(503),
    "403": Refuse(403, "Authorization_RequestDenied"),
    "token refused for good": TOKEN_EXPIRED,
    "reset for good": Reset(),
    "truncated for good": Truncate(),
    "a page for people": Html(200),
    "null": Body("null"),
}
"""What befalls requests as a whole, from one on to the last."""

HARMLESS = {
    "always one answer missing": Fault(OmitItem(3), path="/batch$", count=0),
    "always one answer for nobody": Fault(RenameItem(3), path="/batch$", count=0),
    "answers in another order": Fault(ReverseItems(), path="/batch$", count=0),
    "one answer twice": Fault(RepeatItem(3), path="/batch$", count=0),
}


@dataclass
class Company:
    """Fifty managed groups, each fed by a group of the tenant."""

    stage: Stage
    entra: EntraSandbox
    ids: Mapping[str, str]

    @property
    def removed(self) -> set[str]:
        """Who was taken out, by the first part of the address."""
        return {event.email.partition("@")[0] for event in self.stage.removals}

    def told_of(self, group: str) -> bool:
        """Whether the records say why nobody was removed from a managed group."""
        return any(
            record["event"] == "group.skipped" and record["group"] == group and record.get("doubts")
            for record in self.stage.records
        )

    def is_read(self, group: str) -> bool:
        """Whether the records say that its directory group was read without doubt."""
        return any(
            record["event"] == "group.read"
            and str(record["source_id"]).endswith(self.ids[group])
            and "doubts" not in record
            for record in self.stage.records
        )

    def spoil(self, group: str, effect: Effect, *, page: int, count: int = 1) -> None:
        """Let something befall a page of a group's list of members."""
        path = f"/groups/{self.ids[group]}/transitiveMembers$"
        self.entra.faults.add(Fault(effect, path=path, page=page, count=count))


@contextmanager
def company(folder: Path, timeouts: Timeouts | None = None) -> Iterator[Company]:
    """The company, with somebody in each managed group who is to go."""
    tenant = Tenant()
    users = {name: tenant.add_user(name) for names in STAFF.values() for name in names}
    ids = {group: tenant.add_group(group, [users[name] for name in names]).id for group, names in STAFF.items()}
    org = organization(
        [*users, *map(leaver, STAFF)], {group: [*names, leaver(group)] for group, names in STAFF.items()}
    )
    mappings = [
        GroupMapping(group, group, From(Selector(CORP, SelectorKind.ID, ids[group])), Settings(limit=AMPLE))
        for group in STAFF
    ]
    clock = VirtualClock()
    with EntraSandbox(tenant) as entra, stage(folder / "db", org, mappings, {}, clock=clock) as set_up:
        set_up.change_policy(limits=Limits(removals_per_run=AMPLE))
        entra.set_modes(page_cap=3)
        chosen = settings(entra, folder, **({"timeouts": timeouts} if timeouts else {}))
        with open_entra(chosen, clock) as source:
            set_up.source = source
            yield Company(set_up, entra, ids)


def assert_obeyed(company: Company, in_doubt: set[str]) -> None:
    """Who is to go is gone from every group that was read whole, and nobody else from any."""
    company.stage.run()
    assert company.removed == {leaver(group) for group in STAFF if group not in in_doubt}
    assert {group for group in STAFF if company.told_of(group)} == in_doubt
    assert {group for group in STAFF if not company.is_read(group)} == in_doubt
    company.stage.assert_true_to_history()
    company.entra.faults.clear()
    company.stage.clock.pass_(100_000)
    company.stage.run()
    assert company.removed == set(map(leaver, STAFF))


@pytest.mark.parametrize("turn", range(6))
def test_every_page_of_fifty_groups_once_breaks(tmp_path: Path, turn: int) -> None:
    """Each group's page has its own trouble, which passes: all is read whole, and obeyed."""
    kinds = list(PASSING.values())
    with company(tmp_path) as made:
        for number, group in enumerate(STAFF):
            effect = kinds[(number + 7 * turn) % len(kinds)]
            made.spoil(group, effect, page=(number + turn) % PAGES + 1)
        assert_obeyed(made, in_doubt=set())


@pytest.mark.parametrize("turn", range(6))
def test_every_page_of_fifty_groups_breaks_for_good(tmp_path: Path, turn: int) -> None:
    """Every other group's page has its own trouble, which stays: those groups alone keep everybody."""
    kinds = list(LASTING.values())
    with company(tmp_path) as made:
        broken = [group for number, group in enumerate(STAFF) if number % 2 == turn % 2]
        for number, group in enumerate(broken):
            effect = kinds[(number + 5 * turn) % len(kinds)]
            made.spoil(group, effect, page=(number + turn // 2) % PAGES + 1, count=0)
        assert_obeyed(made, in_doubt=set(broken))


@pytest.mark.parametrize("nth", [1, 2, 4, 7])
@pytest.mark.parametrize("kind", WIRE)
def test_requests_break_as_a_whole(tmp_path: Path, kind: str, nth: int) -> None:
    """From one of them on to the last: nobody is removed from a group that was not read to its end."""
    with company(tmp_path) as made:
        made.entra.faults.add(Fault(WIRE[kind], path="/v1.0/", inside=False, nth=nth, count=0))
        made.stage.run()
        kept = {group for group in STAFF if leaver(group) not in made.removed}
        assert made.removed == {leaver(group) for group in STAFF if group not in kept}
        assert {group for group in STAFF if made.told_of(group)} == kept
        assert kept
        made.stage.assert_true_to_history()


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_is_lawful_is_taken_as_it_comes(tmp_path: Path, kind: str) -> None:
    """Answers are told apart by their ids, asked for again where one is missing; a list ends where no link is."""
    with company(tmp_path) as made:
        made.entra.faults.add(HARMLESS[kind])
        assert_obeyed(made, in_doubt=set())


def test_an_empty_page_ends_no_list(tmp_path: Path) -> None:
    """Only the want of a link to the next one does."""
    with company(tmp_path) as made:
        for group in STAFF:
            made.spoil(group, EmptyPage(), page=1)
        assert_obeyed(made, in_doubt=set())


@pytest.mark.parametrize("nth", [1, 2, 5])
def test_a_server_that_falls_silent(tmp_path: Path, nth: int) -> None:
    """It is given up after a while, and asked again."""
    with company(tmp_path, Timeouts(read=0.3)) as made:
        made.entra.faults.add(Fault(Silence(), path="/v1.0/", inside=False, nth=nth))
        assert_obeyed(made, in_doubt=set())
