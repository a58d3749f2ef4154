"""A store with a history to report on, and what a report states of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bridge.audit.events import Event
from bridge.config import Configuration, load
from bridge.core.journal import JsonValue, Recollection, Record
from bridge.core.model import GroupId
from bridge.core.sight import Feed, Sight
from bridge.report.period import Period
from bridge.report.statement import Statement, load_statement
from bridge.store.store import DatabaseStore
from tests.config.files import ENVIRON, sound, written
from tests.store.stores import NOON, Watch, a_run, opened

GROUP = GroupId("3f2a0c01-77d1-4a51-9d0e-0242ac120002")
BERLIN = ZoneInfo("Europe/Berlin")
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31), BERLIN, NOON + timedelta(days=1))
CONFIG = """
    - name: Auditors
      members: {any: [{corp: auditors}, {corp: "cn=deputies,dc=corp,dc=example"}], except: [{corp: leave}]}
      keep: [break.glass@corp.example]
      ignore: [robot@corp.example]
      lead: ann@corp.example
"""


def configured(folder: Path, groups: str = CONFIG) -> Configuration:
    """A configuration of the organization that the tests' stores are of."""
    return load(written(folder, sound(groups=groups, more="organization: acme")), ENVIRON)


def auditors(*members: str, name: str = "Auditors", group: GroupId | None = GROUP, **other: object) -> Sight:
    """A managed group as a run saw it."""
    feeds = (Feed("corp:1", "cn=auditors,dc=corp,dc=example", len(members), excluding=False),)
    made = {
        "key": "Auditors",
        "name": name,
        "group_id": group,
        "size": len(members),
        "digest": "1",
        "feeds": feeds,
    }
    return Sight(**{**made, "members": tuple(sorted(members)), **other})  # type: ignore[arg-type]  # as a test says


def deed(event: Event, who: str, run: str, **facts: JsonValue) -> Record:
    """A record of having put somebody in, or having taken them out."""
    about = {"mapping": "Auditors", "group_id": GROUP, "group": "Auditors", "intent": "intent-1"}
    told = {**about, "account": f"acc-{who}", "email": f"{who}@corp.example", "cause": "source changed", **facts}
    return Record(event.value, NOON, run, told)


def put_in(who: str, run: str = "run-1", **facts: JsonValue) -> Record:
    """Somebody was put into the group."""
    return deed(Event.MEMBER_ADDED, who, run, **facts)


def taken_out(who: str, run: str = "run-1", **facts: JsonValue) -> Record:
    """Somebody was taken out of the group."""
    return deed(Event.MEMBER_REMOVED, who, run, **facts)


def let_run(
    store: DatabaseStore, number: int, *records: Record, left: Recollection | None = None, kind: str = "sync"
) -> None:
    """A run with records of what it did, and how it left the groups; by hand it leaves nothing to remember."""
    run = f"run-{number}"
    started: dict[str, JsonValue] = (
        {"kind": kind, "by": "jo", "reason": "asked"} if kind == "by hand" else {"kind": kind}
    )
    store.record_start(a_run(number), [Record(Event.RUN_STARTED.value, NOON, run, started)])
    store.record(records)
    ended: dict[str, JsonValue] = {"outcome": "changes applied", "counts": {}}
    store.record_end(a_run(number), "changes applied", left, [Record(Event.RUN_FINISHED.value, NOON, run, ended)])


def stated(store: DatabaseStore, folder: Path, period: Period = MARCH, only: str = "") -> Statement:
    """What a report states."""
    return load_statement(store, configured(folder), period, only)


@contextmanager
def kept(folder: Path) -> Iterator[DatabaseStore]:
    """An empty store, at noon."""
    with opened(folder, watch=Watch()) as store:
        yield store
