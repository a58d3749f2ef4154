"""`/groups/delta` and `/users/delta`: everything at first, then what changed since (Graph reference 2).

A round begins without a token or with a `$deltatoken`, goes on by `$skiptoken`s and ends with a new `$deltatoken`.
Tokens hold the whole question, so the links hold nothing else.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bridge.sandbox.graph.call import Call
from bridge.sandbox.graph.directory_api import PLURALS, admit
from bridge.sandbox.graph.encoding import encode, listing, shape
from bridge.sandbox.graph.errors import GraphError, expired_page, unsupported
from bridge.sandbox.graph.model import PROPERTIES, DirectoryObject, Kind
from bridge.sandbox.graph.paging import pack, short_link, unpack
from bridge.sandbox.graph.tenant import Change
from bridge.sandbox.graph.ties import Tie
from bridge.sandbox.messages import Answer

MOST_IDS: Final = 50
"""Ids that a delta's filter may name."""

_CLAUSE: Final = re.compile(r"\s*id\s+eq\s+'([^']*)'\s*", re.IGNORECASE)
_OR: Final = re.compile(r"\bor\b", re.IGNORECASE)
_FIRST: Final = -1
"""The round before which nothing was told."""

_Place = tuple[str, int]
"""An entry of a round: an object's id, and the first of its members in this entry."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a delta, and how far it was read."""

    since: int
    """The number of changes that were told before."""
    until: int
    """The number of changes that will have been told at its end."""
    select: tuple[str, ...]
    ids: tuple[str, ...]
    """Only these objects; empty: all."""
    after: _Place = ("", 0)
    """The last entry that was told."""
    page: int = 1

    def token(self, call: Call) -> str:
        """The token that goes on here. Its first four parts are those of any page's token."""
        rest = [self.since, self.until, self.select, self.ids]
        return pack([call.request.path, self.after, self.page, call.now, *rest])


def delta(call: Call, kind: Kind) -> Answer:
    """One page of a delta."""
    admit(call, kind)
    if call.query.top is not None:
        raise unsupported("$top is not supported by delta queries.")
    if call.query.deltatoken == "latest":
        return _page(call, kind, [], _link(call, _begun(call)))
    current = _round(call)
    entries = _Entries(call, kind, current)
    places = list(entries.places())
    start = bisect_right(places, current.after)
    end = start + call.modes.delta_page
    told = [encode(entries.entry(place)) for place in places[start:end]]
    if end >= len(places):
        return _page(call, kind, told, _link(call, current))
    further = replace(current, after=places[end - 1], page=current.page + 1)
    link = short_link(call.base, call.request, "skiptoken", further.token(call))
    return _page(call, kind, told, {"nextLink": link})


# ---- rounds ------------------------------------------------------------------------------------------------


def _round(call: Call) -> Round:
    """The round that a request is about. Raises GraphError."""
    if call.query.skiptoken:
        return _read(call, call.query.skiptoken, call.modes.page_token_life, expired_page())
    if call.query.deltatoken:
        lost = GraphError(400, "syncStateNotFound", "The sync state generation is not found; begin anew.")
        ended = _read(call, call.query.deltatoken, call.modes.delta_token_life, lost)
        since = max(0, ended.until - call.modes.delta_replays)
        return replace(ended, since=since, until=max(ended.until, _told(call)), after=("", 0), page=1)
    return replace(_begun(call), since=_FIRST)


def _begun(call: Call) -> Round:
    told = _told(call)
    return Round(told, told, call.query.select, _ids(call.query.filter_text))


def _told(call: Call) -> int:
    """How many changes have come through by now."""
    horizon = call.now - call.modes.delta_lag
    return bisect_right(call.tenant.changes, horizon, key=lambda change: change.time)


def _ids(text: str) -> tuple[str, ...]:
    """The ids that a delta's filter names: nothing but `id eq`, joined by `or`."""
    if not text:
        return ()
    clauses = [_CLAUSE.fullmatch(clause) for clause in _OR.split(text)]
    ids = tuple(clause[1].casefold() for clause in clauses if clause)
    if len(ids) < len(clauses) or len(ids) > MOST_IDS:
        raise unsupported(f"The filter of a delta can be nothing but at most {MOST_IDS} clauses of 'id eq'.")
    return ids


def _read(call: Call, token: str, life: float, error: GraphError) -> Round:
    path = call.request.path
    match unpack(token):
        case [of, [str(after), int(start)], int(page), float(issued), *rest] if of == path:
            fresh = call.now - issued < life
        case _:
            raise error
    match rest:
        case [int(since), int(until), list(select), list(ids)] if fresh and until <= len(call.tenant.changes):
            return Round(since, until, tuple(map(str, select)), tuple(map(str, ids)), (after, start), page)
        case _:
            raise error


def _link(call: Call, current: Round) -> dict[str, str]:
    ended = replace(current, after=("", 0))
    return {"deltaLink": short_link(call.base, call.request, "deltatoken", ended.token(call))}


def _page(call: Call, kind: Kind, entries: list[bytes], link: dict[str, str]) -> Answer:
    return Answer(200, listing(entries, call.context(PLURALS[kind]), **link))


# ---- entries -----------------------------------------------------------------------------------------------


class _Entries:
    """What a round tells."""

    def __init__(self, call: Call, kind: Kind, current: Round) -> None:
        self._call = call
        self._tenant = call.tenant
        self._kind = kind
        self._round = current
        self._first = current.since == _FIRST
        self._changes: defaultdict[str, list[Change]] = defaultdict(list)
        if not self._first or call.modes.delta_removed_at_first:
            for one in call.tenant.changes[max(current.since, 0) : current.until]:
                if call.modes.delta_purges == "told" or one.related not in call.tenant.purged:
                    self._changes[one.id].append(one)

    def places(self) -> Iterator[_Place]:
        """Every entry, in order."""
        for object_id in sorted(self._concerned()):
            for start in range(0, max(len(self._members(object_id)), 1), self._call.modes.delta_slice):
                yield object_id, start

    def entry(self, place: _Place) -> dict[str, object]:
        """An entry as JSON."""
        object_id, start = place
        one = self._tenant.objects.get(object_id)
        if one is None:
            reason = "changed" if object_id in self._tenant.deleted else "deleted"
            return {"id": object_id, "@removed": {"reason": reason}}
        told = shape(one, self._properties(one), self._call.sight)
        members = self._members(object_id)[start : start + self._call.modes.delta_slice]
        owners = self._tied(object_id, Tie.OWNERS) if start == 0 else ()
        for tie, ids in ((Tie.MEMBERS, members), (Tie.OWNERS, owners)):
            if ids:
                present = self._present(object_id, tie)
                told[f"{tie}@delta"] = [self._related(other, present=other in present) for other in ids]
        return told

    def _concerned(self) -> set[str]:
        """The ids of what is told of."""
        if self._first:
            found = {one.id for one in self._tenant.all(self._kind)}
        else:
            aspects = {"", *(self._round.select or PROPERTIES[self._kind].usual)}
            changed = (
                one for one, changes in self._changes.items() if any(it.aspect in aspects for it in changes)
            )
            found = {one for one in changed if self._kind_of(one) is self._kind}
        return found & set(self._round.ids) if self._round.ids else found

    def _members(self, group_id: str) -> Sequence[str]:
        return self._tied(group_id, Tie.MEMBERS)

    def _tied(self, group_id: str, tie: Tie) -> Sequence[str]:
        """The ids that stand in a group's `members@delta` or `owners@delta`."""
        if tie not in self._round.select or group_id not in self._tenant.objects:
            return ()
        changes = self._changes[group_id]
        touched = {one.related for one in changes if one.aspect == tie}
        if self._first or any(one.aspect == "" for one in changes):
            in_order = self._tenant.ties.of(tie, group_id)
            return sorted(touched.union(in_order)) if touched else in_order
        return sorted(touched)

    def _present(self, group_id: str, tie: Tie) -> set[str]:
        return set(self._tenant.ties.of(tie, group_id))

    def _properties(self, one: DirectoryObject) -> tuple[str, ...]:
        """Those that are told: with `Prefer: return=minimal`, after the first round, only those that changed."""
        selected = tuple(name for name in self._round.select if name in PROPERTIES[self._kind])
        told = selected if self._round.select else PROPERTIES[self._kind].usual
        if not self._first and "return=minimal" in self._call.request.headers.get("prefer", ""):
            changed = {change.aspect for change in self._changes[one.id]}
            told = told if "" in changed else tuple(name for name in told if name in changed)
        return told or ("id",)  # no property at all would mean the usual ones

    def _related(self, other: str, *, present: bool) -> dict[str, object]:
        kind = self._kind_of(other) or Kind.USER
        told: dict[str, object] = {"@odata.type": kind.odata_type, "id": other}
        return told if present else told | {"@removed": {"reason": "deleted"}}

    def _kind_of(self, object_id: str) -> Kind | None:
        found = self._tenant.objects.get(object_id) or self._tenant.deleted.get(object_id)
        return found.kind if found else self._tenant.purged.get(object_id)
