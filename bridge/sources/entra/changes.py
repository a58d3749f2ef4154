"""What changed in a tenant since a moment: a hint that hurries a run, and never more (Graph reference 2).

Delta queries tell of direct members only, late, and of some things never. So they are asked one question alone:
whether anything was touched that the last full read rests on. Graph's links are the marks, kept whole.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.core.model import Search, Selector, SelectorKind
from bridge.errors import Denied, IncompleteRead, RemoteError, Unavailable
from bridge.sources.entra.failures import TokenLost
from bridge.sources.entra.graph import SYSTEM, Graph, RequestIds, query
from bridge.sources.entra.groups import PROPERTY
from bridge.sources.entra.listing import Item, Listing, read_all, text
from bridge.sources.entra.people import identity
from bridge.transport.answer import Answer

_FEEDS: Final = {
    "groups": "displayName,mailNickname,visibility,members",
    "users": "displayName,userPrincipalName,accountEnabled,userType,mail,otherMails,proxyAddresses",
}
"""The two lists of changes, and what of each object a change is worth telling of."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a tenant tells of the time since a mark. Ids are Graph's, in lower case."""

    mark: str
    """From where to ask on. Empty where a full read is due."""
    touched: frozenset[str] = frozenset()
    """What changed, of that on which the last read rests; and groups that a selector may mean now."""
    gone: frozenset[str] = frozenset()
    """What was deleted of that on which the last read rests."""
    due: str = ""
    """Why a full read is due, whatever was touched. Empty: nothing speaks for one."""
    searches: tuple[Search, ...] = ()


class _Round(Listing):
    """One round of changes: it ends with the link to the next one."""

    most_pages = 50
    """So much is not worth telling: a full read is cheaper."""

    def __init__(self, feed: str, path: str) -> None:
        self.items: list[Item] = []
        self.mark = ""
        super().__init__(f"the list of changed {feed}", path, f"/{feed}/delta", self)

    def add(self, item: Item) -> None:
        """Take up what is told of one object. One object may be told of several times."""
        identity(item)
        self.items.append(item)

    def clear(self) -> None:
        """Forget all: the round is read anew."""
        self.items.clear()

    def end(self, answer: Answer) -> None:
        """Keep the link to the next round. Raises IncompleteRead when there is none."""
        value = answer.value
        link = value.get("@odata.deltaLink") if isinstance(value, dict) else None
        if not isinstance(link, str) or not link:
            raise IncompleteRead(SYSTEM, f"{self.what} ended without a link to the next round")
        self.mark = link
        super().end(answer)


class ChangeFeed:
    """Asks one tenant what changed."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._ids = RequestIds()

    def read_mark(self) -> Changes:
        """Take a mark: the moment from which to ask later. Raises Throttled and Unavailable."""
        latest = {feed: query(f"/{feed}/delta", select=told, deltatoken="latest") for feed, told in _FEEDS.items()}
        return self._answer(self._rounds(latest), frozenset(), ())

    def read_since(self, mark: str, involved: frozenset[str], selectors: Sequence[Selector]) -> Changes:
        """Read what happened since a mark that concerns a read with these selectors.

        `involved` are the ids on which that read rests. What keeps Graph from telling makes a full read due.
        Raises Throttled and Unavailable: that one would come to the same end.
        """
        try:
            links = _links_in(mark)
        except ValueError:
            return Changes("", due="the mark of the last read is of another kind")
        return self._answer(self._rounds(links), involved, selectors)

    def _rounds(self, links: Mapping[str, str]) -> dict[str, _Round]:
        """All rounds side by side: one call, where little changed."""
        rounds = {feed: _Round(feed, link) for feed, link in links.items()}
        read_all(self._graph, list(rounds.values()), self._ids)
        for each in rounds.values():
            if isinstance(each.error, Unavailable):
                raise each.error
        return rounds

    def _answer(
        self, rounds: Mapping[str, _Round], involved: frozenset[str], selectors: Sequence[Selector]
    ) -> Changes:
        searches = tuple(_record(each, self._ids) for each in rounds.values())
        errors = [each.error for each in rounds.values() if each.error]
        if errors:
            return Changes("", due="; ".join(_why(error) for error in errors), searches=searches)
        mark = json.dumps({feed: each.mark for feed, each in rounds.items()})
        touched, gone = set[str](), set[str]()
        for feed, each in rounds.items():
            for item in each.items:
                if _is_removed(item):
                    gone.add(identity(item))
                elif identity(item) in involved or (feed == "groups" and _may_be_meant(item, selectors)):
                    touched.add(identity(item))
        return Changes(mark, frozenset(touched), frozenset(gone) & involved, searches=searches)


def _links_in(mark: str) -> dict[str, str]:
    """The links of a mark. Raises ValueError when it is none of ours."""
    links = json.loads(mark)
    if not isinstance(links, dict) or links.keys() != _FEEDS.keys():
        raise ValueError("a mark has a link for each feed")
    return {feed: str(link) for feed, link in links.items()}


def _record(each: _Round, ids: RequestIds) -> Search:
    return Search(each.what, each.pages, each.entries, each.error.what if each.error else f"200; {ids.since(0)}")


def _why(error: RemoteError) -> str:
    """Why nothing is told, without what is different each time."""
    match error:
        case TokenLost():
            return "Graph does not know any more what changed since the last one"
        case Denied():
            return f"Graph does not let the bridge ask what changed: {error.what}"
        case _:
            return f"what changed was not told to its end: {error.what}"


def _is_removed(item: Item) -> bool:
    """Whether an object is gone: for good, or into the bin."""
    return "@removed" in item


def _may_be_meant(item: Item, selectors: Iterable[Selector]) -> bool:
    """Whether a group that was in no read may be one that a selector means now; where that is not told, it may."""
    return any(_may_mean(selector, item) for selector in selectors)


def _may_mean(selector: Selector, item: Item) -> bool:
    match selector.kind:
        case SelectorKind.FILTER:
            return True  # only Graph can tell
        case SelectorKind.PATTERN:
            return "displayName" not in item or re.fullmatch(selector.text, text(item, "displayName")) is not None
        case SelectorKind.DN:
            return False
        case kind:
            name = PROPERTY[kind]
            return name not in item or text(item, name).casefold() == selector.text.strip().casefold()
