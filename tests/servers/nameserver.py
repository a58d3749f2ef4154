"""A little DNS server on loopback, over UDP and TCP, that says of each name what a test wants said."""

import socket
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Self, TypeAlias

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset

Reply: TypeAlias = Callable[[dns.message.Message, bool], bytes | None]
"""From a question, and whether it came over TCP, to what is sent; None is silence."""

_LONGEST: Final = 4096


def srv(*records: str, ttl: int = 600) -> Reply:
    """Records such as `0 100 389 dc1.example.test.`: priority, weight, port, target."""

    def reply(question: dns.message.Message, tcp: bool) -> bytes:  # noqa: FBT001 - as Reply says
        answer = dns.message.make_response(question)
        if records:
            answer.answer.append(dns.rrset.from_text(question.question[0].name, ttl, "IN", "SRV", *records))
        return answer.to_wire()

    return reply


def alias(name: str, *records: str, ttl: int, its_ttl: int) -> Reply:
    """Records under another name, which a CNAME leads to."""

    def reply(question: dns.message.Message, tcp: bool) -> bytes:  # noqa: FBT001 - as Reply says
        answer = dns.message.make_response(question)
        answer.answer.append(dns.rrset.from_text(question.question[0].name, ttl, "IN", "CNAME", f"{name}."))
        answer.answer.append(dns.rrset.from_text(f"{name}.", its_ttl, "IN", "SRV", *records))
        return answer.to_wire()

    return reply


def refusal(code: dns.rcode.Rcode) -> Reply:
    """Nothing but a code: NXDOMAIN, SERVFAIL, REFUSED."""

    def reply(question: dns.message.Message, tcp: bool) -> bytes:  # noqa: FBT001 - as Reply says
        answer = dns.message.make_response(question)
        answer.set_rcode(code)
        return answer.to_wire()

    return reply


def too_long_for_udp(whole: Reply) -> Reply:
    """Over UDP nothing but the hint to ask again over TCP."""

    def reply(question: dns.message.Message, tcp: bool) -> bytes | None:  # noqa: FBT001 - as Reply says
        if tcp:
            return whole(question, tcp)
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.TC
        return answer.to_wire()

    return reply


def silence(question: dns.message.Message, tcp: bool) -> None:  # noqa: FBT001 - as Reply says
    """Nothing at all."""


def nonsense(question: dns.message.Message, tcp: bool) -> bytes:  # noqa: FBT001 - as Reply says
    """What is no DNS, behind the right number."""
    return question.id.to_bytes(2) + b"\x80" + b"\xff" * 20


class Nameserver:
    """A DNS server, as a context manager; it knows no name that is not in `replies`."""

    def __init__(self, replies: Mapping[str, Reply]) -> None:
        self.replies: dict[str, Reply] = dict(replies)
        """By name, without the dot at the end. May change at any time."""
        self.questions: list[tuple[str, bool]] = []
        """Names asked for, each with whether over TCP."""
        self._unanswered: list[socket.socket] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    def resolver(self) -> dns.resolver.Resolver:
        """A resolver that asks this server and no other."""
        made = dns.resolver.Resolver(configure=False)
        made.nameservers = ["127.0.0.1"]
        made.port = self._port
        return made

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port: int = self._listener.getsockname()[1]
        self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagrams.bind(("127.0.0.1", self._port))
        self._threads = [threading.Thread(target=serve) for serve in (self._serve_udp, self._serve_tcp)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self._port))
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in (self._listener, self._datagrams, *self._unanswered):
            end.close()

    def _serve_udp(self) -> None:
        while True:
            wire, client = self._datagrams.recvfrom(_LONGEST)
            if not wire:
                return
            if answer := self._answer(wire, tcp=False):
                self._datagrams.sendto(answer, client)

    def _serve_tcp(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # shut down
                return
            size = int.from_bytes(client.recv(2))
            answer = self._answer(client.recv(size), tcp=True)
            if answer is None:
                self._unanswered.append(client)
                continue
            with client:
                client.sendall(len(answer).to_bytes(2) + answer)

    def _answer(self, wire: bytes, *, tcp: bool) -> bytes | None:
        question = dns.message.from_wire(wire)
        name = question.question[0].name.to_text(omit_final_dot=True)
        self.questions.append((name, tcp))
        return self.replies.get(name, refusal(dns.rcode.NXDOMAIN))(question, tcp)
