"""The sandbox without its socket: requests in, deliveries out, with the faults in between."""

import threading
from dataclasses import replace

from bridge.sandbox.faults import Faults
from bridge.sandbox.hyperproof.clients import ApiClient, Clients
from bridge.sandbox.hyperproof.faults import Act, Fault
from bridge.sandbox.hyperproof.gateway import Gateway
from bridge.sandbox.hyperproof.modes import Modes
from bridge.sandbox.hyperproof.organization import Organization
from bridge.sandbox.hyperproof.request_log import RequestLog
from bridge.sandbox.hyperproof.throttles import retry_after
from bridge.sandbox.hyperproof.ui import UserInterface
from bridge.sandbox.messages import Answer, Delivery, Request


class Rehearsal:
    """An organization with its gateway, faults, log, and a person at the web application."""

    def __init__(self, organization: Organization, clients: tuple[ApiClient, ...], modes: Modes) -> None:
        self.organization = organization
        self.gateway = Gateway(organization, Clients(clients), modes)
        self.faults: Faults[Fault] = Faults()
        self.log = RequestLog()
        self.ui = UserInterface(organization)
        self.closing = threading.Event()
        """Ends every delay."""

    def deliver(self, request: Request) -> Delivery:
        """Do what a request asks, or what a fault makes of it, and log it."""
        arrival = self.organization.clock()
        client_id = self.gateway.client_id(request)
        fault = self.faults.take(lambda one: one.matches(request.method, request.path))
        delivery = Delivery(self.gateway.answer(request)) if fault is None else self._befall(request, fault)
        self.log.note(
            time=arrival,
            method=request.method,
            path=request.path,
            query=request.query,
            status=delivery.status,
            client_id=client_id,
            received=len(request.body),
            sent=delivery.sent,
        )
        return delivery

    def pause(self, seconds: float) -> None:
        """Let time pass, but never longer than the sandbox lives."""
        if seconds > 0:
            self.closing.wait(seconds)

    def _befall(self, request: Request, fault: Fault) -> Delivery:
        self.pause(fault.delay)
        if self.closing.is_set():
            return Delivery(None)
        if fault.ui is not None:
            self.ui.perform(fault.ui)
        if fault.revoke:
            self.gateway.tokens.revoke(request.bearer)
        return replace(self._act(request, fault), wait=fault.answer_delay)

    def _act(self, request: Request, fault: Fault) -> Delivery:
        match fault.act:
            case Act.ANSWER:
                return Delivery(self._fault_answer(fault))
            case Act.RESET_BEFORE | Act.DROP:
                return Delivery(None, reset=fault.act is Act.RESET_BEFORE)
            case _:
                return self._act_after(fault, self.gateway.answer(request, half=fault.act is Act.HALF))

    def _act_after(self, fault: Fault, answer: Answer) -> Delivery:
        match fault.act:
            case Act.ANSWER_AFTER | Act.HALF:
                return Delivery(self._fault_answer(fault) or answer)
            case Act.RESET_AFTER | Act.DROP_AFTER:
                return Delivery(None, reset=fault.act is Act.RESET_AFTER)
            case Act.TRUNCATE:
                return Delivery(answer, keep=len(answer.body) // 2 if fault.keep is None else fault.keep)
            case _:
                return Delivery(answer)

    def _fault_answer(self, fault: Fault) -> Answer | None:
        """The fault's own answer, with its Retry-After as of now."""
        if fault.answer is None or fault.retry_after is None:
            return fault.answer
        header = retry_after(fault.retry_after, self.organization.clock(), as_date=fault.retry_after_date)
        return replace(fault.answer, headers=(*fault.answer.headers, header))
