"""What everything in the sandbox stands on."""

from dataclasses import dataclass

from bridge.sandbox.graph.applications import Applications
from bridge.sandbox.graph.modes import Modes
from bridge.sandbox.graph.tenant import Tenant
from bridge.sandbox.graph.tokens import Tokens


@dataclass(slots=True)
class Scenery:
    """A tenant with its applications and their tokens, how it behaves now, and where it is."""

    tenant: Tenant
    applications: Applications
    tokens: Tokens
    modes: Modes
    base: str
    """Such as `https://localhost:8443`."""
