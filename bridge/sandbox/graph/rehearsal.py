"""The sandbox without its socket: requests in, deliveries out, and a log of both."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from bridge.sandbox.faults import Faults
from bridge.sandbox.graph.batch import BATCH_PATH, answer_batch, read_batch
from bridge.sandbox.graph.call import ROOT
from bridge.sandbox.graph.effects import Scene
from bridge.sandbox.graph.errors import GraphError, SignInError
from bridge.sandbox.graph.faults import Fault
from bridge.sandbox.graph.gateway import Gateway
from bridge.sandbox.graph.managed_identity import PATHS as MANAGED_IDENTITY_PATHS
from bridge.sandbox.graph.managed_identity import ManagedIdentities, ManagedIdentity
from bridge.sandbox.graph.request_log import LoggedRequest, RequestLog, harmless_headers, harmless_query
from bridge.sandbox.graph.scenery import Scenery
from bridge.sandbox.graph.sign_in import SignIn
from bridge.sandbox.graph.tenant import Tenant
from bridge.sandbox.messages import Answer, Delivery, Request
from bridge.sandbox.modes import changed

_Serve = Callable[[Request, Tenant | None], Answer]


class _ItemBreaksBatch(Exception):  # noqa: N818 - it is how the batch ends
    """What befalls the connection while an item is answered befalls the whole batch."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        super().__init__()


class Rehearsal:
    """Graph, sign-in and managed identities over one scenery; the faults, and the log."""

    def __init__(self, scenery: Scenery, identities: Iterable[ManagedIdentity], arc_folder: Path | None) -> None:
        self.scenery = scenery
        self.gateway = Gateway(scenery)
        self.sign_in = SignIn(scenery)
        self.identities = ManagedIdentities(scenery, identities, arc_folder)
        self.faults: Faults[Fault] = Faults()
        self.log = RequestLog()
        self.closing = threading.Event()
        """Ends every delay."""

    def set_modes(self, values: Mapping[str, object]) -> None:
        """Behave otherwise from the next request on; modes not named stay. Raises ModeError."""
        self.scenery.modes = changed(self.scenery.modes, values)

    def deliver(self, request: Request) -> Delivery:
        """Do what a request asks, or what a fault makes of it, and log it."""
        entry = self._entry(request)
        inner: list[LoggedRequest] = []
        try:
            delivery = self._deliver(request, partial(self._answer, inner), inside=False)
        except _ItemBreaksBatch as broken:
            delivery = broken.delivery
        self.log.note(*inner, replace(entry, status=delivery.status, sent=delivery.sent))
        return delivery

    def pause(self, seconds: float) -> None:
        """Let time pass, but never longer than the sandbox lives."""
        if seconds > 0:
            self.closing.wait(seconds)

    def _deliver(self, request: Request, serve: _Serve, *, inside: bool) -> Delivery:
        fault = self.faults.take(lambda one: one.matches(request, inside=inside))
        if fault is None:
            return Delivery(serve(request, None))
        refuse = partial(self._refusal, request)
        scene = Scene(request, self.scenery.tenant, self.scenery.base, serve, refuse, self.pause)
        return fault.effect.befall(scene)

    def _answer(self, inner: list[LoggedRequest], request: Request, tenant: Tenant | None) -> Answer:
        if request.path in MANAGED_IDENTITY_PATHS:
            return self.identities.answer(request)
        if not request.path.startswith(f"{ROOT}/"):
            return self.sign_in.answer(request)
        if request.path == BATCH_PATH and request.method == "POST":
            return self._batch(inner, request)
        return self.gateway.answer(request, tenant)

    def _batch(self, inner: list[LoggedRequest], request: Request) -> Answer:
        try:
            self.gateway.admitted(request)
            answer = answer_batch(read_batch(request), partial(self._item, inner))
        except GraphError as error:
            answer = self.gateway.refusal(error, request)
        return self.gateway.headed(answer, request)

    def _item(self, inner: list[LoggedRequest], request: Request) -> Answer:
        entry = self._entry(request)
        delivery = self._deliver(request, self.gateway.answer, inside=True)
        inner.append(replace(entry, status=delivery.status, sent=delivery.sent))
        if delivery.answer is None or delivery.keep is not None:
            raise _ItemBreaksBatch(replace(delivery, answer=None))
        return delivery.answer

    def _refusal(self, request: Request, error: GraphError) -> Answer:
        """A fault's error in the form of the address: Graph's, or that of sign-in."""
        if request.path.startswith(f"{ROOT}/"):
            return self.gateway.headed(self.gateway.refusal(error, request), request)
        figure = int(error.inner_code or 0)
        return self.sign_in.refusal(
            SignInError(figure, error.code, error.message, error.status, headers=error.headers)
        )

    def _entry(self, request: Request) -> LoggedRequest:
        token = self.scenery.tokens.get(request.bearer)
        return LoggedRequest(
            time=self.scenery.tenant.clock(),
            method=request.method,
            path=request.path,
            query=harmless_query(request.query),
            status=0,
            client_id=token.client_id if token else "",
            authorized=bool(request.bearer),
            headers=harmless_headers(request.headers),
            received=len(request.body),
        )
