import pytest

from bridge.transport.settings import Route, address_problem, is_loopback


@pytest.mark.parametrize(
    "url",
    [
        "https://api.hyperproof.app/v1",
        "http://127.0.0.1:8080/v1",
        "http://[::1]:8080",
        "http://localhost/v1",
        "http://sandbox.localhost/v1",
    ],
)
def test_addresses_that_a_token_may_go_to(url: str) -> None:
    """Encrypted ones, and this machine."""
    assert address_problem(url) == ""


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://api.hyperproof.app/v1", "plain http"),
        ("http://localhost.evil.example", "plain http"),
        ("http://127.0.0.1.evil.example", "plain http"),
        ("http://10.0.0.1", "plain http"),
        ("ftp://api.example", "not an address"),
        ("api.hyperproof.app", "not an address"),
        ("https://", "not an address"),
        ("https://[bad", "not an address"),
        ("https://api.example:port", "not an address"),
        ("https://me:pw@api.example", "password"),
        ("https://api.example/v1?key=1", "query"),
        ("https://api.example/v1#x", "fragment"),
    ],
)
def test_addresses_that_it_may_not(url: str, problem: str) -> None:
    """Whoever listens on the way would hold the token, and with it the access of the whole company."""
    assert problem in address_problem(url)


@pytest.mark.parametrize(("url", "loopback"), [("http://127.9.9.9/", True), ("https://api.example/", False)])
def test_loopback(url: str, *, loopback: bool) -> None:
    """The sandbox is on this machine, and no proxy stands before it."""
    assert is_loopback(url) is loopback


def test_proxy_is_not_printed() -> None:
    """Its address may hold a password."""
    assert "pw" not in repr(Route(proxy="http://me:pw@proxy.example:3128"))
