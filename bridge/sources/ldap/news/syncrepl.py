"""What changed, as OpenLDAP (overlay syncprov) and 389 Directory Server tell it: RFC 4533, refreshOnly.

    the server sends                              is
    a cookie and no entry                         nothing happened
    entries that were changed or came             what was touched
    ids of entries that are deleted               what is gone, also what no longer matches the filter
    ids of entries that are still there           a server that forgot what was deleted: a full read is due
    the base itself                               everything anew, for a cookie that means nothing here: the same
    e-syncRefreshRequired, or any other result    the same

A mark is the cookie of a refresh that asks for names alone and is thrown away. Later the same is asked for in the
same words: base and filter belong to a cookie, though only some servers check that.
"""

import base64
from contextlib import closing
from typing import Final
from uuid import UUID

from bridge.core.model import Search
from bridge.sources.ldap.connection import STUMBLES, Session
from bridge.sources.ldap.dn import is_under, normal_form, readable
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.failures import remedy_for
from bridge.sources.ldap.news import sync_ber
from bridge.sources.ldap.news.telling import MOST_CHANGES, Ground, Taken, Token, Told
from bridge.sources.ldap.news.uuid_ids import form_of, id_of
from bridge.sources.ldap.search import PageEnd, Query
from bridge.sources.ldap.wire_ber import ENTRY, INTERMEDIATE, REFERENCE, entry, page_end
from bridge.sources.ldap.wire_exchange import Message, WireExchange

_CONTAINERS: Final = (
    "organizationalUnit",
    "organization",
    "domain",
    "dcObject",
    "country",
    "locality",
    "nsContainer",
    "referral",
)
"""What people and groups are in: renamed, it renames them all without a word about each; and signs elsewhere."""

_SUCCESS: Final = 0


class SyncTeller:
    """Tells by content synchronization."""

    def __init__(self, *, always_names: bool) -> None:
        self._always_names = always_names
        """Whether the server names whatever was deleted, though the end of its answer denies it: as 389 does."""

    def take(self, session: Session, ground: Ground) -> Taken:
        """Take a mark."""
        if below := _databases_below(ground):
            return Taken(
                None, why_not=f"{below} is another database, whose changes are not counted with this one's"
            )
        query = _query(ground)
        first = _First(ground)
        exchange = WireExchange(session)
        for message in exchange.answers(query, sync_ber.request(b"")):
            try:
                first.add(message)
            except STUMBLES as error:
                raise exchange.broken(query, error) from error
        searches = (_search(query, first.entries, first.result),)
        if why_not := first.why_not:
            return Taken(None, searches, why_not)
        return Taken({"cookie": _text(first.cookie), "form": first.form}, searches)

    def tell(self, session: Session, ground: Ground, token: Token) -> Told:
        """Tell what happened since a mark."""
        query = _query(ground)
        refresh = _Refresh(ground, str(token["form"]), always_names=self._always_names)
        exchange = WireExchange(session)
        cookie = base64.b64decode(str(token["cookie"]), validate=True)
        with closing(exchange.answers(query, sync_ber.request(cookie))) as answers:
            for message in answers:
                try:
                    refresh.add(message)
                except STUMBLES as error:
                    raise exchange.broken(query, error) from error
                if refresh.due:
                    break
        return Told(
            token={**token, "cookie": _text(refresh.cookie or cookie)},
            touched=frozenset(refresh.touched),
            placed=frozenset(refresh.touched) if ground.people_tell else frozenset(),
            gone=frozenset(refresh.gone),
            due=refresh.due,
            searches=(_search(query, refresh.entries, refresh.result),),
        )


class _First:
    """What comes of a refresh that asks for everything."""

    def __init__(self, ground: Ground) -> None:
        self.entries = 0
        self.form = ""
        """How an id is made of an entry's UUID: the lengths of its parts. Empty: it is not."""
        self.cookie = b""
        self.result: PageEnd | None = None
        self._ground = ground
        self._base = normal_form(ground.base)
        self._shows_base = False
        self._shows_ids = False

    def add(self, message: Message) -> None:
        """Take in what comes next."""
        if message.tag == ENTRY:
            self._add_entry(message)
        elif message.tag not in {INTERMEDIATE, REFERENCE}:
            self.result = page_end(message.data, message.start, message.stop)
            end = sync_ber.end_of(message)
            self.cookie = end.cookie if end else b""

    @property
    def why_not(self) -> str:
        """Why this is no mark; empty when it is one."""
        if self.result is None or self.result.code != _SUCCESS:
            words = _words(self.result)
            remedy = remedy_for(self.result.code, words) if self.result else ""
            return f"{words}; {remedy}" if remedy else words
        if not self.cookie:
            return "the server gives no cookie"
        if not self._shows_base:  # what shows that everything is sent anew
            return f"{self._ground.base} itself is not shown; let the service account read that entry"
        return ""

    def _add_entry(self, message: Message) -> None:
        self.entries += 1
        if self._shows_base and self._shows_ids:
            return
        found = entry(message.data, message.start, message.stop)
        self._shows_base = self._shows_base or normal_form(found.dn) == self._base
        ids = self._ground.ids(found)
        if ids and not self._shows_ids:
            self._shows_ids = True
            self.form = form_of(ids, sync_ber.state(message).uuid)


class _Refresh:
    """What comes of a refresh that asks for what changed."""

    def __init__(self, ground: Ground, form: str, *, always_names: bool) -> None:
        self.touched: set[str] = set()
        self.gone: set[str] = set()
        self.entries = 0
        self.cookie = b""
        self.due = ""
        self.result: PageEnd | None = None
        self._ground = ground
        self._base = normal_form(ground.base)
        self._form = form
        self._always_names = always_names

    def add(self, message: Message) -> None:
        """Take in what comes next; as soon as a full read is due, the rest does not matter."""
        if message.tag == ENTRY:
            self._add_entry(message)
        elif message.tag == INTERMEDIATE:
            told = sync_ber.info(message)
            if told.present:
                self.due = "the server no longer knows what was deleted"
            for uuid in told.deleted:
                self._add_gone(uuid)
        elif message.tag == REFERENCE:
            self.due = "the server points elsewhere for a part of the answer"
        else:
            self._add_end(message)
        if self.entries + len(self.gone) > MOST_CHANGES:
            self.due = f"more than {MOST_CHANGES} entries changed"

    def _add_entry(self, message: Message) -> None:
        self.entries += 1
        what, uuid = sync_ber.state(message)
        if what == sync_ber.DELETED:
            self._add_gone(uuid)
            return
        found = entry(message.data, message.start, message.stop)
        ids = self._ids(found, uuid)
        self.touched |= ids
        if what == sync_ber.PRESENT:
            self.due = "the server no longer knows what was deleted"
        elif normal_form(found.dn) == self._base:
            self.due = "the server sent everything anew"
        elif not ids:
            self.due = f"{readable(found.dn)}, which shows no id, changed"

    def _ids(self, found: Entry, uuid: UUID) -> frozenset[str]:
        """What a changed entry is known by. 389 does not show its nsUniqueId then, which the UUID is."""
        if self._form:
            return frozenset((id_of(self._ground.directory, uuid, self._form),))
        return self._ground.ids(found)

    def _add_gone(self, uuid: UUID) -> None:
        if self._form:
            self.gone.add(id_of(self._ground.directory, uuid, self._form))
        else:
            self.due = "something was deleted, and the server does not say by which id we know it"

    def _add_end(self, message: Message) -> None:
        self.result = page_end(message.data, message.start, message.stop)
        end = sync_ber.end_of(message)
        self.cookie = end.cookie if end else b""
        if self.result.code != _SUCCESS:
            self.due = f"the server does not go on from there: {self.result.words}"
        elif end is None or not (end.named_deletions or self._always_names):
            self.due = "the server did not name all that was deleted"


def _databases_below(ground: Ground) -> str:
    """A naming context that begins below the base; empty if there is none."""
    base = normal_form(ground.base)
    return next((context for context in ground.contexts if is_under(normal_form(context), base)), "")


def _query(ground: Ground) -> Query:
    schema = ground.schema
    containers = "".join(f"(objectClass={name})" for name in _CONTAINERS)
    text = f"(|{schema.people_filter}{schema.group_filter}{containers})"
    return Query("changes", ground.base, text, ground.id_attributes)


def _search(query: Query, entries: int, result: PageEnd | None) -> Search:
    return Search(f"changes under {query.base} {query.filter}", 1, entries, _words(result))


def _words(result: PageEnd | None) -> str:
    return result.words if result else "broken off by us"


def _text(cookie: bytes) -> str:
    return base64.b64encode(cookie).decode()
