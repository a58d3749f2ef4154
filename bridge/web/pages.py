"""The status page: HTML made here, without a script, and without anything from elsewhere."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bridge import __version__
from bridge.audit.events import MEANING
from bridge.core.sight import Sight
from bridge.errors import StoreError
from bridge.html import templates
from bridge.standing.overview import Unlinked, duration, load_overview, load_states, unlinked
from bridge.web.app import guarded
from bridge.web.standing import Served

T = TypeVar("T")

_HERE: Final = Path(__file__).parent / "templates"

FEW: Final = 25
"""Rows of a list on the first page."""

MANY: Final = 200
"""Rows of a page of its own."""

RECORDS: Final = 100
"""Audit records on one page."""

LOOKED_AT: Final = 100_000
"""Audit records that one page looks through: a text that is in none must not keep the database busy for long."""


def page_routes(service: Served) -> tuple[Route, ...]:
    """Every page, for whoever may read it."""
    made = Pages(service)
    endpoints: dict[str, Callable[[Request], Response]] = {
        "/": made.overview,
        "/groups": made.groups,
        "/group": made.group,
        "/people": made.people,
        "/audit": made.audit,
        "/style.css": lambda _: Response(_STYLE, media_type="text/css"),
        "/icon.svg": lambda _: Response(_ICON, media_type="image/svg+xml"),
    }
    return tuple(Route(path, guarded(service, endpoint)) for path, endpoint in endpoints.items())


_STYLE: Final = (_HERE / "style.css").read_text("utf-8")
_ICON: Final = (_HERE / "icon.svg").read_text("utf-8")


class Pages:
    """Makes the pages of one service."""

    def __init__(self, service: Served) -> None:
        self._service = service
        self._templates = templates(_HERE)
        self._templates.filters.update(moment=_moment, duration=duration)

    def overview(self, _: Request) -> Response:
        """The first page: is all well, and if not, what to do."""
        job = self._service.job()
        return self._told(
            "overview.html",
            lambda: {
                "view": load_overview(self._service.store(), job, self._service.not_live()),
                "few": FEW,
            },
        )

    def groups(self, request: Request) -> Response:
        """All managed groups, or those with a text in their name."""

        def told() -> dict[str, Any]:
            store = self._service.store()
            found = [one for one in store.list_sights() if _has(request, one.name, one.key)]
            return {"state": load_states(store, self._service.job()), **_portion(request, found)}

        return self._told("groups.html", told)

    def group(self, request: Request) -> Response:
        """One managed group with its members, sources and doubts."""
        sight: Sight | None = None

        def told() -> dict[str, Any]:
            nonlocal sight
            store = self._service.store()
            sight = store.find_sight(request.query_params.get("key", ""))
            members = [member for member in sight.members if _has(request, member)] if sight else []
            state = load_states(store, self._service.job())
            return {"group": sight, "state": state, **_portion(request, members)}

        answer = self._told("group.html", told)
        if sight is None and answer.status_code == 200:  # noqa: PLR2004 - HTTP
            answer.status_code = 404
        return answer

    def people(self, request: Request) -> Response:
        """Everybody without a clear account, and why."""

        def told() -> dict[str, Any]:
            everybody = unlinked(self._service.store().list_sights())
            return _portion(request, [one for one in everybody if _has(request, *_words(one))])

        return self._told("people.html", told)

    def audit(self, request: Request) -> Response:
        """The audit's tail, or the newest records with a text in them; and from there on the older ones."""

        def told() -> dict[str, Any]:
            text = request.query_params.get("q", "").strip()
            needles = [json.dumps(text, ensure_ascii=False)[1:-1]] if text else []
            ledger = self._service.store().ledger
            end = _number(request, "before") or ledger.tip().seq + 1
            among = range(max(end - LOOKED_AT, 1), end)
            found = list(islice(ledger.search(needles, newest_first=True, among=among), RECORDS))
            older = found[-1].seq if len(found) == RECORDS else among.start
            return {
                "records": [_record(entry.seq, entry.line) for entry in found],
                "q": text,
                "older": older if older > 1 else None,
                "newest": not _number(request, "before"),
            }

        return self._told("audit.html", told)

    def _told(self, template: str, told: Callable[[], Mapping[str, Any]]) -> Response:
        job = self._service.job()
        common = {"job": job, "version": __version__, "page": template.removesuffix(".html")}
        try:
            text = self._templates.get_template(template).render(**common, **told())
            return HTMLResponse(text)
        except StoreError as error:
            text = self._templates.get_template("broken.html").render(**common, problem=str(error))
            return HTMLResponse(text, 503)


def _words(person: Unlinked) -> tuple[str, ...]:
    return person.subject, person.reason, *(group.name for group in person.groups)


def _has(request: Request, *texts: str) -> bool:
    """Whether one of the texts has what is asked for in it."""
    asked = request.query_params.get("q", "").strip().casefold()
    return any(asked in text.casefold() for text in texts)


def _portion(request: Request, found: Sequence[T]) -> dict[str, Any]:
    """One page of a list."""
    pages_ = max(-(-len(found) // MANY), 1)
    number = min(max(_number(request, "page"), 1), pages_)
    return {
        "rows": found[(number - 1) * MANY : number * MANY],
        "total": len(found),
        "number": number,
        "pages": pages_,
        "q": request.query_params.get("q", "").strip(),
    }


def _number(request: Request, key: str) -> int:
    """A whole number that is asked for; 0 for anything else."""
    asked = request.query_params.get(key, "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) <= _DIGITS else 0


_DIGITS: Final = 18
"""No number of ours has more, and databases take no more."""

_IN_COLUMNS: Final = frozenset({"seq", "at", "event", "run", "hash", "prev", "organization", "group", "mapping"})


def _record(seq: int, line: str) -> dict[str, Any]:
    """A record as it is shown: what stands in columns, and the rest as it is."""
    try:
        told = json.loads(line)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return {
            "seq": seq,
            "at": "",
            "event": "damaged",
            "means": "This is no record.",
            "group": "",
            "rest": [],
            "run": "",
        }
    event = str(told.get("event", ""))
    return {
        "seq": seq,
        "at": str(told.get("at", ""))[:19].replace("T", " "),
        "event": event,
        "means": _MEANING.get(event, ""),
        "group": str(told.get("group") or told.get("mapping") or told.get("directory") or ""),
        "run": str(told.get("run", "")),
        "rest": [(key, _told_value(value)) for key, value in told.items() if key not in _IN_COLUMNS],
    }


_MEANING: Final = {event.value: meaning for event, meaning in MEANING.items()}

_LONGEST: Final = 600
"""Characters of one fact of a record; `audit show` tells all of it."""


def _told_value(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
