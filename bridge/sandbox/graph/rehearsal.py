"""The sandbox without its socket: requests in, deliveries out, and a log of both."""

import threading
from dataclasses import replace

from bridge.sandbox.graph.applications import Applications, Tokens
from bridge.sandbox.graph.batch import BATCH_PATH, answer_batch, read_batch
from bridge.sandbox.graph.call import ROOT
from bridge.sandbox.graph.errors import GraphError
from bridge.sandbox.graph.gateway import Gateway
from bridge.sandbox.graph.request_log import LoggedRequest, RequestLog, harmless_headers, harmless_query
from bridge.sandbox.graph.sign_in import SignIn
from bridge.sandbox.graph.switches import Switches
from bridge.sandbox.graph.tenant import Tenant
from bridge.sandbox.messages import Answer, Delivery, Request


class Rehearsal:
    """A tenant with its applications, its Graph, its sign-in, and the log."""

    def __init__(self, tenant: Tenant, applications: Applications, switches: Switches, base: str) -> None:
        self.tenant = tenant
        self.applications = applications
        self.tokens = Tokens(tenant.clock, tenant.id)
        self.gateway = Gateway(tenant, self.tokens, switches, base)
        self.sign_in = SignIn(tenant, applications, self.tokens, switches, base)
        self.log = RequestLog()
        self.closing = threading.Event()
        """Ends every delay."""

    def deliver(self, request: Request) -> Delivery:
        """Do what a request asks, and log it."""
        entry = self._entry(request)
        inner: list[LoggedRequest] = []
        delivery = Delivery(self._answer(request, inner))
        self.log.note(*inner, replace(entry, status=delivery.status, sent=delivery.sent))
        return delivery

    def pause(self, seconds: float) -> None:
        """Let time pass, but never longer than the sandbox lives."""
        if seconds > 0:
            self.closing.wait(seconds)

    def _answer(self, request: Request, inner: list[LoggedRequest]) -> Answer:
        if not request.path.startswith(f"{ROOT}/"):
            return self.sign_in.answer(request)
        if request.path != BATCH_PATH or request.method != "POST":
            return self.gateway.answer(request)
        return self._batch(request, inner)

    def _batch(self, request: Request, inner: list[LoggedRequest]) -> Answer:
        def serve(item: Request) -> Answer:
            entry = self._entry(item)
            answer = self.gateway.answer(item)
            inner.append(replace(entry, status=answer.status, sent=len(answer.body)))
            return answer

        try:
            self.gateway.admitted(request)
            answer = answer_batch(read_batch(request), serve)
        except GraphError as error:
            answer = self.gateway.refusal(error, request)
        return self.gateway.headed(answer, request)

    def _entry(self, request: Request) -> LoggedRequest:
        token = self.tokens.get(request.bearer)
        return LoggedRequest(
            time=self.tenant.clock(),
            method=request.method,
            path=request.path,
            query=harmless_query(request.query),
            status=0,
            client_id=token.client_id if token else "",
            authorized=bool(request.bearer),
            headers=harmless_headers(request.headers),
            received=len(request.body),
        )
