"""A search from its request to its pages. Pure, but for counting the pages that went out."""

from dataclasses import dataclass

from bridge.sandbox.ldap.directory import Directory, NoSuchEntryError, Scope
from bridge.sandbox.ldap.entry import Entry
from bridge.sandbox.ldap.faults import Answer, Rule
from bridge.sandbox.ldap.filters import evaluate
from bridge.sandbox.ldap.limits import ServerLimits, Share, share
from bridge.sandbox.ldap.names import DnError
from bridge.sandbox.ldap.requests import Paging, Search
from bridge.sandbox.ldap.responses import SUCCESS, Code, Result
from bridge.sandbox.ldap.root import root_entry


@dataclass(slots=True)
class SearchProgress:
    """What a search found, in the moment when it began, and how much of it went out."""

    entries: tuple[Entry, ...] = ()
    rules: tuple[Rule, ...] = ()
    failure: Result | None = None
    sent: int = 0
    page: int = 0


def begin(directory: Directory, request: Search, rules: tuple[Rule, ...], *, tls: bool) -> SearchProgress:
    """Find everything that a search asks for."""
    try:
        return SearchProgress(_entries(directory, request, tls=tls), rules)
    except DnError as error:
        return SearchProgress(rules=rules, failure=Result(Code.INVALID_DN_SYNTAX, str(error)))
    except NoSuchEntryError as error:
        return SearchProgress(rules=rules, failure=Result(Code.NO_SUCH_OBJECT, matched=error.matched))


def next_page(
    progress: SearchProgress, request: Search, paging: Paging | None, limits: ServerLimits
) -> Answer[Entry]:
    """The answer with the entries that are next, before any fault. Counts them as sent."""
    if paging:
        progress.page += 1
    if progress.failure:
        return Answer(result=progress.failure)
    if paging and not paging.size and paging.cookie:
        return Answer(paged=True)  # RFC 2696, section 3: the client gives the search up
    size = (paging.size or None) if paging else None
    left = len(progress.entries) - progress.sent
    part = share(left, progress.sent, size, request.size_limit, limits)
    entries = progress.entries[progress.sent : progress.sent + part.count]
    progress.sent += part.count
    result = _result(part)
    return Answer(entries, result=result, paged=paging is not None and result == SUCCESS, more=part.more)


def _entries(directory: Directory, request: Search, *, tls: bool) -> tuple[Entry, ...]:
    if not request.base.strip() and request.scope is Scope.BASE:
        root = root_entry(directory, tls=tls)
        return (root,) if evaluate(request.filter, root, directory) else ()
    return directory.search(request.base, request.scope, request.filter)


def _result(part: Share) -> Result:
    if part.over_page:
        return Result(Code.ADMIN_LIMIT_EXCEEDED, "the page is larger than this server gives")
    if part.over_size:
        return Result(Code.SIZE_LIMIT_EXCEEDED)
    return SUCCESS
