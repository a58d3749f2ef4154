"""A Hyperproof to rehearse against: its Users and Groups API with every doubt about it switchable, and its faults.

Made from the API reference that the documentation names; no code and no answer of the real one is in here.
"""

from bridge.sandbox.hyperproof.clients import (
    BRIDGE,
    DEFAULT_CLIENT_ID,
    DEFAULT_CLIENT_SECRET,
    LIMITED_ROLE,
    NO_USERS,
    READ_ONLY,
    STANDARD_CLIENTS,
    ApiClient,
)
from bridge.sandbox.hyperproof.faults import Act, Fault
from bridge.sandbox.hyperproof.history import UI, Event, EventKind
from bridge.sandbox.hyperproof.model import Group, User
from bridge.sandbox.hyperproof.modes import Modes, mode_choices, parse_modes
from bridge.sandbox.hyperproof.organization import Organization, UnknownReference
from bridge.sandbox.hyperproof.request_log import LoggedRequest
from bridge.sandbox.hyperproof.server import HyperproofSandbox
from bridge.sandbox.hyperproof.throttles import html_answer, throttle_answer
from bridge.sandbox.hyperproof.ui import Deed, UiAction
from bridge.sandbox.messages import Answer, json_answer
from bridge.sandbox.modes import ModeError

__all__ = [
    "BRIDGE",
    "DEFAULT_CLIENT_ID",
    "DEFAULT_CLIENT_SECRET",
    "LIMITED_ROLE",
    "NO_USERS",
    "READ_ONLY",
    "STANDARD_CLIENTS",
    "UI",
    "Act",
    "Answer",
    "ApiClient",
    "Deed",
    "Event",
    "EventKind",
    "Fault",
    "Group",
    "HyperproofSandbox",
    "LoggedRequest",
    "ModeError",
    "Modes",
    "Organization",
    "UiAction",
    "UnknownReference",
    "User",
    "html_answer",
    "json_answer",
    "mode_choices",
    "parse_modes",
    "throttle_answer",
]
