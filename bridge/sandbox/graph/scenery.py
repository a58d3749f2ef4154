"""What everything in the sandbox stands on."""

from dataclasses import dataclass
from typing import Final

from bridge.sandbox.graph.applications import Applications
from bridge.sandbox.graph.modes import Modes
from bridge.sandbox.graph.tenant import Tenant
from bridge.sandbox.graph.tokens import Tokens

GRAPH_APP: Final = "00000003-0000-0000-c000-000000000000"
"""Graph's own application id, the same in every tenant."""

_GRAPH_HOSTS: Final = (
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
    "https://graph.svc.sovcloud.fr",
    "https://graph.svc.sovcloud.de",
)


@dataclass(slots=True)
class Scenery:
    """A tenant with its applications and their tokens, how it behaves now, and where it is."""

    tenant: Tenant
    applications: Applications
    tokens: Tokens
    modes: Modes
    base: str
    """Such as `https://localhost:8443`."""

    def is_graph(self, resource: str) -> bool:
        """Whether a resource is Graph: by its name in any cloud, its application id, or where this one is."""
        return resource.rstrip("/") in {*_GRAPH_HOSTS, GRAPH_APP, self.base}
