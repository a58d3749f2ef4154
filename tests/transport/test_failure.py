import inspect
import ssl

import httpx
import pytest

from bridge.transport.failure import HTTPX_ROOTS, STAGES, Stage, failure_of

EXCEPTIONS = [c for c in vars(httpx).values() if inspect.isclass(c) and issubclass(c, Exception)]
RAISED = [c for c in EXCEPTIONS if not any(other is not c and issubclass(other, c) for other in EXCEPTIONS)]


def test_every_exception_of_httpx_has_a_translation() -> None:
    """Each one that httpx raises has its own entry: a new one in a new release fails here."""
    assert set(RAISED) <= set(STAGES)


def test_every_exception_of_httpx_is_caught() -> None:
    """The roots that the exchange catches are those of the whole tree."""
    assert all(issubclass(cls, HTTPX_ROOTS) for cls in EXCEPTIONS)


def test_families_have_no_translation() -> None:
    """An entry for a family would answer for a member that nobody has thought about."""
    assert set(STAGES) <= set(RAISED)


class Unheard(httpx.TransportError):
    """What a coming release might raise."""


def test_unknown_exception_may_have_sent_something() -> None:
    """Nothing is known of it, so a write is not repeated after it."""
    assert failure_of(Unheard("new"), answered=False).stage is Stage.LOST


@pytest.mark.parametrize("cls", [httpx.ReadError, httpx.RemoteProtocolError])
def test_end_within_the_answer_is_a_cut(cls: type[httpx.TransportError]) -> None:
    """A connection that ends in the middle of a body leaves a cut answer; one that ends before it, none."""
    assert failure_of(cls("gone"), answered=True).stage is Stage.CUT
    assert failure_of(cls("gone"), answered=False).stage is Stage.LOST


def test_refused_certificate_is_told_from_a_refused_connection() -> None:
    """Both are a ConnectError; only one of them a person has to mend."""
    error = httpx.ConnectError("certificate verify failed")
    error.__cause__ = ssl.SSLCertVerificationError("self-signed")
    assert failure_of(error, answered=False).stage is Stage.UNTRUSTED
    assert failure_of(httpx.ConnectError("refused"), answered=False).stage is Stage.UNSENT


def test_local_protocol_error_is_not_quoted() -> None:
    """It quotes the header that it does not like, and that may be the token."""
    error = httpx.LocalProtocolError("Illegal header value b'Bearer t0ken'")
    assert failure_of(error, answered=False).text == "LocalProtocolError"
