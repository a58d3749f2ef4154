"""Which groups the selectors mean, found by as few calls as can be."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from bridge.core.model import Doubt, Selector, SelectorKind
from bridge.errors import Denied
from bridge.sources.entra.failures import NotFound, PageExpired, Unsupported
from bridge.sources.entra.groups import GroupEntry, Question, again_advanced, doubts, glance, questions
from bridge.sources.entra.listing import Listing
from bridge.sources.entra.members import doubt_of

Found: TypeAlias = tuple[tuple[GroupEntry, ...], tuple[Doubt, ...]]
"""What a selector found, and what is open about that."""

_MANY: Final = 10
"""Questions that are worth a glance at the tenant's groups first, which may answer them all at once."""

_TOLD: Final = (NotFound, PageExpired, Unsupported)
"""Errors that are Graph's own word about one list."""


def find(selectors: Sequence[Selector], read: Callable[[Sequence[Listing], str], None]) -> dict[Selector, Found]:
    """Find each selector's groups; `read` reads lists to their ends. Raises RemoteError where nothing came."""
    answered = _glanced(selectors, read)
    asked = questions(selector for selector in selectors if selector not in answered)
    read([question.listing for question in asked], "groups")
    refused = [question for question in asked if _needs_more(question)]
    again = [again_advanced(question) for question in refused]
    read([question.listing for question in again], "groups, by advanced queries")
    answered |= {selector: question for question in (*asked, *again) for selector in question.selectors}
    _raise_if_nothing_came([question.listing for question in answered.values()])
    return {selector: _answer(selector, answered.get(selector)) for selector in selectors}


def _glanced(
    selectors: Sequence[Selector], read: Callable[[Sequence[Listing], str], None]
) -> dict[Selector, Question]:
    """What the first page of all groups answers: everything where it is the only one, else the ids on it."""
    if len(questions(selectors)) <= _MANY:
        return {}
    first = glance()
    read([first.listing], "groups, at a glance")
    if first.listing.error:
        return {}
    return {selector: first for selector in selectors if _answers(first, selector)}


def _answers(first: Question, selector: Selector) -> bool:
    if selector.kind in {SelectorKind.FILTER, SelectorKind.DN}:
        return False
    return first.listing.is_whole or (selector.kind is SelectorKind.ID and bool(first.found(selector)))


def _needs_more(question: Question) -> bool:
    """Whether a filter is one that only the index behind advanced queries answers."""
    by_filter = question.selectors[0].kind is SelectorKind.FILTER
    return by_filter and isinstance(question.listing.error, Unsupported)


def _answer(selector: Selector, question: Question | None) -> Found:
    found = question.found(selector) if question else ()
    error = question.listing.error if question else None
    if question and error:
        return found, (doubt_of(question.listing, error),)
    open_ = doubts(selector, found)
    return (() if open_ else found), open_


def _raise_if_nothing_came(listings: Sequence[Listing]) -> None:
    """Where Graph tells anything, the rest is a doubt. Where it tells nothing at all, there is no read."""
    silent = [listing for listing in listings if not listing.pages and not isinstance(listing.error, _TOLD)]
    errors = [listing.error for listing in silent if listing.error]
    if errors and len(errors) == len(listings):
        raise next((error for error in errors if isinstance(error, Denied)), errors[0])
