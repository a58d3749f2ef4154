"""What changed, as Active Directory tells it: the control DirSync (MS-ADTS 3.1.1.3.4.1.3).

Whatever has changed in one of the attributes asked for comes with these, and with its objectGUID. A deleted entry
comes with isDeleted, but only to an account that may replicate directory changes. Any other account is shown what
it may read (object security), and no deletions: those appear in the next full read. A group does not come when a
member of it is deleted or renamed; the member does.

A mark is the cookie behind all that ever changed, got by a search that finds the domain's own entry alone.
"""

import base64
from collections.abc import Sequence
from typing import Final

from bridge.core.model import Search
from bridge.sources.ldap.connection import STUMBLES, Session
from bridge.sources.ldap.dn import is_under, normal_form, readable
from bridge.sources.ldap.failures import remedy_for
from bridge.sources.ldap.news.telling import MOST_CHANGES, Ground, Taken, Token, Told
from bridge.sources.ldap.ranges import ANYTHING
from bridge.sources.ldap.search import Query
from bridge.sources.ldap.wire_ber import (
    ENTRY,
    INTEGER,
    OCTETS,
    SEQUENCE,
    BerError,
    controls,
    element,
    encoded,
    entry,
    integer,
    number,
    page_end,
)
from bridge.sources.ldap.wire_exchange import Control, Message, WireExchange

OID: Final = "1.2.840.113556.1.4.841"
"""LDAP_SERVER_DIRSYNC_OID."""

_GUID: Final = "objectguid"
_INCREMENTAL_VALUES: Final = -(2**31)
"""Of a group's members only those who came or went. The highest of 32 bits, in an INTEGER that has a sign."""
_OBJECT_SECURITY: Final = 1
_PLAIN: Final = _INCREMENTAL_VALUES
_BY_OBJECT_SECURITY: Final = _INCREMENTAL_VALUES | _OBJECT_SECURITY

_MOST_BYTES: Final = 2**20
"""Of one answer; there may be more of them."""
_MOST_PARTS: Final = 1_000
_SUCCESS: Final = 0
_DENIED: Final = 50
_DELETED: Final = "isdeleted"


class DirSyncTeller:
    """Tells by the control DirSync."""

    def take(self, session: Session, ground: Ground) -> Taken:
        """Take a mark; by object security where nothing else is allowed."""
        if {name.lower() for name in ground.id_attributes} != {_GUID}:
            return Taken(None, why_not="people and groups are not known by objectGUID")
        context = _context(ground)
        query = Query("changes", context, "(objectClass=domainDNS)", (_GUID,))
        exchange = WireExchange(session)
        searches: list[Search] = []
        for flags in (_PLAIN, _BY_OBJECT_SECURITY):
            answer = _Answer(ground)
            cookie = answer.listen(exchange, query, flags, b"")
            searches.append(answer.search(query))
            if answer.code != _DENIED:
                break
        if answer.due:
            remedy = remedy_for(answer.code, answer.words)
            return Taken(None, tuple(searches), f"{answer.due}; {remedy}" if remedy else answer.due)
        return Taken({"cookie": _text(cookie), "context": context, "flags": str(flags)}, tuple(searches))

    def tell(self, session: Session, ground: Ground, token: Token) -> Told:
        """Tell what happened since a mark."""
        query = Query("changes", str(token["context"]), ANYTHING, _watched(ground))
        cookie = base64.b64decode(str(token["cookie"]), validate=True)
        answer = _Answer(ground)
        cookie = answer.listen(WireExchange(session), query, int(token["flags"]), cookie)
        return Told(
            token={**token, "cookie": _text(cookie)},
            touched=frozenset(answer.touched),
            placed=frozenset(answer.placed),
            gone=frozenset(answer.gone),
            due=answer.due,
            searches=(answer.search(query),),
        )


class _Answer:
    """What comes, in as many parts as the server likes."""

    def __init__(self, ground: Ground) -> None:
        self.touched: set[str] = set()
        self.placed: set[str] = set()
        self.gone: set[str] = set()
        self.code = 0
        self.words = ""
        """Of the last result."""
        self.due = ""
        self._ground = ground
        self._base = normal_form(ground.base)
        schema = ground.schema
        self._all_tell = bool(schema.login_members or schema.memberships)
        self._telling = {schema.primary_group.lower(), schema.security_id.lower()} - {""}
        self._parts = 0
        self._entries = 0

    def listen(self, exchange: WireExchange, query: Query, flags: int, cookie: bytes) -> bytes:
        """Ask until there is no more, or a full read is due; the last cookie."""
        more = True
        while more and not self.due:
            held = list(exchange.answers(query, [_request(flags, cookie)]))
            try:
                more, cookie = self._take_in(held, cookie)
            except STUMBLES as error:
                raise exchange.broken(query, error) from error
        return cookie

    def search(self, query: Query) -> Search:
        """How it went, for the record of completeness."""
        return Search(f"changes under {query.base} {query.filter}", self._parts, self._entries, self.words)

    def _take_in(self, messages: Sequence[Message], cookie: bytes) -> tuple[bool, bytes]:
        """One part: whether there is more, and from where on."""
        *found, last = messages
        end = page_end(last.data, last.start, last.stop)
        self._parts, self.code, self.words = self._parts + 1, end.code, end.words
        if end.code != _SUCCESS:
            self.due = f"the server does not go on from there: {end.words}"
            return False, cookie
        for message in found:
            if message.tag == ENTRY:  # references are the same as in any search of the domain, changed or not
                self._add(message)
        more, following = _control(last)
        if more and following == cookie:
            raise BerError("there is more, and the same cookie")
        if self._entries > MOST_CHANGES or self._parts > _MOST_PARTS:
            self.due = f"more than {MOST_CHANGES} entries changed"
        return more, following

    def _add(self, message: Message) -> None:
        found = entry(message.data, message.start, message.stop)
        self._entries += 1
        ids = self._ground.ids(found)
        form = normal_form(found.dn)
        if not ids:
            self.due = f"{readable(found.dn)}, which shows no id, changed"
        if _DELETED in found.attributes or not (form == self._base or is_under(form, self._base)):
            self.gone |= ids
            return
        self.touched |= ids
        if self._all_tell or self._telling & found.attributes.keys():
            self.placed |= ids


def _request(flags: int, cookie: bytes) -> Control:
    return OID, True, encoded(SEQUENCE, integer(flags) + integer(_MOST_BYTES) + encoded(OCTETS, cookie))


def _control(message: Message) -> tuple[bool, bytes]:
    """Whether there is more, and the cookie to go on with."""
    data = message.data
    found = controls(data, message.stop).get(OID.encode())
    if found is None:
        raise BerError("the answer says nothing of DirSync")
    at, end = element(data, *found, SEQUENCE)
    more, at = number(data, at, end, INTEGER)
    _, at = number(data, at, end, INTEGER)
    start, stop = element(data, at, end, OCTETS)
    return bool(more), data[start:stop]


def _context(ground: Ground) -> str:
    """The naming context that the base lies in: nothing else can be asked."""
    base = normal_form(ground.base)
    forms = {normal_form(context): context for context in ground.contexts}
    holding = [form for form in forms if form == base or is_under(base, form)]
    return forms[max(holding, key=len)] if holding else ground.base


def _watched(ground: Ground) -> tuple[str, ...]:
    """What is read of people and groups, what filters ask about, and the name, which changes with every move."""
    schema = ground.schema
    read = (*schema.person_attributes, *schema.whole_group_attributes)
    names = (*(name.lower() for name in read), *ground.filter_attributes, "name", "objectclass", _DELETED)
    return tuple(sorted(set(names)))


def _text(cookie: bytes) -> str:
    return base64.b64encode(cookie).decode()
