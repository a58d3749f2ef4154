"""What the application proves itself with."""

from functools import cache

from bridge.sandbox.certificates import KeyPair
from bridge.sandbox.graph import WorkloadIssuer
from tests.sandbox.graph.api import certificates

SUBJECT = "system:serviceaccount:bridge:bridge"


@cache
def key_pair() -> KeyPair:
    """The application's certificate and key."""
    return certificates().issue("bridge")


@cache
def issuer() -> WorkloadIssuer:
    """A cluster."""
    return WorkloadIssuer()
