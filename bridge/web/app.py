"""The routes of the service, and who may read them."""

import base64
import hmac
from collections.abc import Callable, Iterable, Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bridge.transport.settings import is_loopback
from bridge.web.standing import Standing

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Nothing from elsewhere, no script, no frame, no guessing at types, no copy kept."""


def build_app(
    standing: Standing, more: Iterable[BaseRoute] = (), tells: Callable[[], Mapping[str, str]] = dict
) -> Starlette:
    """Put the routes together: those here, and `more` of other modules. The probes say what `tells` does, too."""
    routes = [
        Route("/livez", _telling(standing, standing.not_live, tells)),
        Route("/readyz", _telling(standing, standing.not_ready, tells)),
        Route("/metrics", guarded(standing, lambda _: Response(standing.metrics(), media_type=_METRICS))),
        *more,
    ]
    return Starlette(routes=routes)


_SCHEMES = ("Bearer", 'Basic realm="Hyperproof Bridge", charset="UTF-8"')
"""How the token may be shown. A browser asks for a password by itself, and needs no page with a form for it."""

_METRICS = "text/plain; version=0.0.4; charset=utf-8"


def guarded(standing: Standing, endpoint: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """The same endpoint for whoever may read it."""

    def answer(request: Request) -> Response:
        if not may_read(standing, request):
            made: Response = JSONResponse(
                {"problems": ["show the token of the configuration's `web.token`"]},
                status_code=401,
            )
            for scheme in _SCHEMES:
                made.headers.append("WWW-Authenticate", scheme)
        else:
            made = endpoint(request)
        made.headers.update(_HEADERS)
        return made

    return answer


def may_read(standing: Standing, request: Request) -> bool:
    """Whether a reader shows the token; or, where there is none, has asked this machine by its own name.

    A page from elsewhere can make a browser ask here under the page's name, and would read the answer.
    """
    token = standing.token()
    if not token:
        return _is_this_machine(request.headers.get("host", ""))
    return hmac.compare_digest(_shown(request.headers.get("authorization", "")).encode(), token.encode())


def _is_this_machine(host: str) -> bool:
    try:
        return "@" not in host and is_loopback(f"http://{host}")
    except ValueError:  # it is no address at all
        return False


def _shown(authorization: str) -> str:
    """The token that a reader shows: as such, or as the password of a user of any name."""
    scheme, _, shown = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            return shown.strip()
        case "basic":
            try:
                return base64.b64decode(shown, validate=True).decode().partition(":")[2]
            except ValueError:
                return ""
        case _:
            return ""


def _telling(
    standing: Standing, wrong: Callable[[], tuple[str, ...]], tells: Callable[[], Mapping[str, str]]
) -> Callable[[Request], Response]:
    """An endpoint for probes: yes or no for everybody, and the reasons for whoever may read them."""

    def answer(request: Request) -> Response:
        problems = wrong()
        told = {"ok": not problems}
        if may_read(standing, request):
            return JSONResponse({**told, **tells(), "problems": list(problems)}, _status(problems), _HEADERS)
        return JSONResponse(told, _status(problems), _HEADERS)

    return answer


def _status(problems: tuple[str, ...]) -> int:
    return 503 if problems else 200
