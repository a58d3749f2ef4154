"""What can go wrong with a page of a list, beside what can go wrong with any answer."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from bridge.sandbox.graph.effects import Scene
from bridge.sandbox.graph.errors import GraphError
from bridge.sandbox.graph.paging import link, short_link
from bridge.sandbox.messages import Answer, Delivery, Request

NEXT_LINK = "@odata.nextLink"
Page = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Edit:
    """The page's JSON is changed by a function in place."""

    change: Callable[[Page], object]

    def befall(self, scene: Scene) -> Delivery:
        """Change the page."""
        return Delivery(_edited(scene.answer(), self.change))


@dataclass(frozen=True, slots=True)
class OmitValue:
    """The page has no `value`."""

    def befall(self, scene: Scene) -> Delivery:
        """Leave it out."""
        return Delivery(_edited(scene.answer(), lambda page: page.pop("value", None)))


@dataclass(frozen=True, slots=True)
class SpoilValue:
    """The page's `value` is no list."""

    def befall(self, scene: Scene) -> Delivery:
        """Make it null."""
        return Delivery(_edited(scene.answer(), lambda page: page.update(value=None)))


@dataclass(frozen=True, slots=True)
class Nulls:
    """Items are null-stuffed, as where a permission is missing (Graph reference 6)."""

    names: tuple[str, ...] = ()
    """Only these properties; empty: all but the type and the id."""
    first: int | None = None
    """Only so many of the page's items."""

    def befall(self, scene: Scene) -> Delivery:
        """Empty the properties."""
        return Delivery(_edited(scene.answer(), self._stuff))

    def _stuff(self, page: Page) -> None:
        for item in page["value"][: self.first]:
            for name in item:
                if name != "id" and not name.startswith("@") and name in (self.names or item):
                    item[name] = [] if isinstance(item[name], list) else None


@dataclass(frozen=True, slots=True)
class EmptyPage:
    """A page without items comes first, with a link to the one that was asked for: lawful, nothing is lost."""

    def befall(self, scene: Scene) -> Delivery:
        """Hand on an empty page."""
        empty = {"value": [], NEXT_LINK: own_link(scene)}
        return Delivery(_edited(scene.answer(), lambda page: page.update(empty)))


@dataclass(frozen=True, slots=True)
class LinkBack:
    """The page's link leads to itself: once it is a page told twice, with `count=0` it never ends."""

    def befall(self, scene: Scene) -> Delivery:
        """Turn the link."""
        return Delivery(_edited(scene.answer(), lambda page: page.update({NEXT_LINK: own_link(scene)})))


@dataclass(frozen=True, slots=True)
class LinkTo:
    """The page's link leads elsewhere: to another host, or to nowhere."""

    url: str

    def befall(self, scene: Scene) -> Delivery:
        """Replace the link."""
        return Delivery(_edited(scene.answer(), lambda page: page.update({NEXT_LINK: self.url})))


@dataclass(frozen=True, slots=True)
class EndEarly:
    """The page has no link, though there is more. The silent cut."""

    def befall(self, scene: Scene) -> Delivery:
        """Leave the link out."""
        return Delivery(_edited(scene.answer(), lambda page: page.pop(NEXT_LINK, None)))


@dataclass(frozen=True, slots=True)
class SkipPage:
    """The next page comes instead of this one, whose items are never told."""

    def befall(self, scene: Scene) -> Delivery:
        """Follow the link for the client."""
        answer = scene.answer()
        further = json.loads(answer.body).get(NEXT_LINK)
        if further is None:
            return Delivery(_edited(answer, lambda page: page.update(value=[])))
        address = urlsplit(further)
        ahead: Request = replace(scene.request, path=address.path, query=address.query)
        return Delivery(scene.serve(ahead, None))


@dataclass(frozen=True, slots=True)
class RepeatItems:
    """Every item of the page is told twice."""

    def befall(self, scene: Scene) -> Delivery:
        """Tell them again."""
        return Delivery(_edited(scene.answer(), lambda page: page.update(value=page["value"] * 2)))


@dataclass(frozen=True, slots=True)
class Resync:
    """410: the delta's token is gone, and Location says where to begin anew (Graph reference 2.2)."""

    location: str = ""
    """Empty: this delta without a token."""

    def befall(self, scene: Scene) -> Delivery:
        """Send away."""
        anew = self.location or short_link(scene.base, scene.request, "deltatoken", "")
        error = GraphError(410, "resyncRequired", "Begin anew.", headers=(("Location", anew),))
        return Delivery(scene.refuse(error))


def own_link(scene: Scene) -> str:
    """The address of the page that was asked for."""
    tokens = {
        name.removeprefix("$"): value
        for name, value in scene.request.parameters.items()
        if name in {"$skiptoken", "$deltatoken"}
    }
    return link(scene.base, scene.request, **tokens)


def _edited(answer: Answer, change: Callable[[Page], object]) -> Answer:
    """The answer with its page changed. What is no page stays as it is."""
    page = json.loads(answer.body) if answer.status == 200 else None  # noqa: PLR2004 - 200 OK
    if not isinstance(page, dict):
        return answer
    change(page)
    return replace(answer, body=json.dumps(page).encode())
