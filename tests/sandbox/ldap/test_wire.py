import socket

import ldap3
import pytest

from bridge.sandbox.ldap import Code, LdapSandbox
from bridge.sandbox.ldap.ber import encode
from tests.sandbox.ldap.client import WHO_AM_I, message, outcome, wire


@pytest.mark.parametrize(("tag", "answer"), [(0x66, 0x67), (0x68, 0x69), (0x4A, 0x6B), (0x6C, 0x6D), (0x6E, 0x6F)])
def test_writes_over_ldap(server: LdapSandbox, tag: int, answer: int) -> None:
    """Operations that this server does not serve are answered with protocolError, in their own kind."""
    with wire(server.url) as client:
        client.sendall(message(encode(tag, b"")))
        assert outcome(client.recv(65536)) == (answer, Code.PROTOCOL_ERROR)


@pytest.mark.parametrize(
    "data",
    [
        message(encode(0x7F, b"")),
        b"\x30\x03\x02\x01",
        b"GET / HTTP/1.1\r\n\r\n" + b"x" * 80,
        b"\x30\x84\x7f\xff\xff\xff",
    ],
    ids=["operation", "cut", "http", "huge"],
)
def test_what_is_no_message(server: LdapSandbox, data: bytes) -> None:
    """For bytes that are no request the server gives notice with protocolError and hangs up."""
    with wire(server.url) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        answer = client.recv(65536)
        assert not answer or outcome(answer) == (0x78, Code.PROTOCOL_ERROR)
        assert client.recv(65536) == b""


def test_requests_that_come_in_pieces_and_together(server: LdapSandbox) -> None:
    """Messages are put together from any pieces, and each is answered in turn; Abandon is not."""
    data = message(WHO_AM_I, 1) + message(encode(0x50, b"\x01"), 2) + message(WHO_AM_I, 3)
    with wire(server.url) as client:
        for n in range(len(data)):
            client.sendall(data[n : n + 1])
        received = b""
        while len(received) < 2 * 16:
            received += client.recv(65536)
    assert [operation.op for operation in server.operations[:3]] == ["whoami", "abandon", "whoami"]
    assert received[:5] == b"\x30\x0e\x02\x01\x01"


def test_an_unknown_extended_operation(client: ldap3.Connection) -> None:
    """An extended operation that nobody knows is a protocolError."""
    client.extended("1.2.3.4.5")
    assert client.result["result"] == Code.PROTOCOL_ERROR
