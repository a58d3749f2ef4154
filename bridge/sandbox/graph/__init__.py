"""An Entra ID tenant to rehearse against: sign-in and Microsoft Graph v1.0 over TLS, with every fault on demand.

Made from the Graph reference that the documentation names; no code and no answer of the real one is in here.

    tenant = Tenant()
    anna = tenant.add_user("Anna Smith")                       # anna.smith@corp.example, enabled
    grc = tenant.add_group("GRC", [anna, tenant.add_guest("bo@partner.example")])
    with EntraSandbox(tenant) as sandbox:
        sandbox.url           # https://localhost:PORT: the login host and the Graph host (Graph is at /v1.0)
        sandbox.authority     # url/tenant id
        sandbox.certificates  # .pem, .client_context(): whom to trust
        sandbox.applications.consent(DEFAULT_CLIENT_ID, USERS, granted=False)
        sandbox.requests      # everything that was asked, requests in a batch too; sandbox.calls counts
        sandbox.faults.add(Fault(Refuse(429, "TooManyRequests", retry_after=3), path="/transitiveMembers", page=2))
        tenant.remove_members(grc, anna)                       # at once

The application is DEFAULT_CLIENT_ID with DEFAULT_CLIENT_SECRET, for scopes of the real Graph hosts and of `url`.
"""

from bridge.sandbox.graph.actions import Action, Deed, Perform
from bridge.sandbox.graph.applications import (
    BRIDGE,
    DEFAULT_CLIENT_ID,
    DEFAULT_CLIENT_SECRET,
    EVERY_ROLE,
    GROUPS,
    HIDDEN,
    USERS,
    Application,
    Applications,
    Secret,
)
from bridge.sandbox.graph.batch_effects import OmitItem, RenameItem, RepeatItem, ReverseItems
from bridge.sandbox.graph.effects import (
    EXPIRED_PAGE_TOKEN,
    SYNC_STATE_NOT_FOUND,
    TOKEN_EXPIRED,
    Body,
    ClaimsChallenge,
    CutOff,
    Drop,
    Effect,
    Html,
    Meanwhile,
    Refuse,
    Reset,
    Silence,
    Slow,
    Stale,
    Truncate,
)
from bridge.sandbox.graph.faults import Fault
from bridge.sandbox.graph.federation import EXCHANGE_AUDIENCE, Federation, WorkloadIssuer
from bridge.sandbox.graph.managed_identity import SYSTEM_ASSIGNED, USER_ASSIGNED, ManagedIdentity
from bridge.sandbox.graph.model import DirectoryObject, Kind, Value
from bridge.sandbox.graph.modes import Modes
from bridge.sandbox.graph.page_effects import (
    Edit,
    EmptyPage,
    EndEarly,
    LinkBack,
    LinkTo,
    Nulls,
    OmitValue,
    RepeatItems,
    Resync,
    SkipPage,
    SpoilValue,
)
from bridge.sandbox.graph.request_log import Calls, LoggedRequest
from bridge.sandbox.graph.server import EntraSandbox
from bridge.sandbox.graph.tenant import Reference, Tenant, UnknownReference
from bridge.sandbox.graph.ties import Tie

__all__ = [
    "BRIDGE",
    "DEFAULT_CLIENT_ID",
    "DEFAULT_CLIENT_SECRET",
    "EVERY_ROLE",
    "EXCHANGE_AUDIENCE",
    "EXPIRED_PAGE_TOKEN",
    "GROUPS",
    "HIDDEN",
    "SYNC_STATE_NOT_FOUND",
    "SYSTEM_ASSIGNED",
    "TOKEN_EXPIRED",
    "USERS",
    "USER_ASSIGNED",
    "Action",
    "Application",
    "Applications",
    "Body",
    "Calls",
    "ClaimsChallenge",
    "CutOff",
    "Deed",
    "DirectoryObject",
    "Drop",
    "Edit",
    "Effect",
    "EmptyPage",
    "EndEarly",
    "EntraSandbox",
    "Fault",
    "Federation",
    "Html",
    "Kind",
    "LinkBack",
    "LinkTo",
    "LoggedRequest",
    "ManagedIdentity",
    "Meanwhile",
    "Modes",
    "Nulls",
    "OmitItem",
    "OmitValue",
    "Perform",
    "Reference",
    "Refuse",
    "RenameItem",
    "RepeatItem",
    "RepeatItems",
    "Reset",
    "Resync",
    "ReverseItems",
    "Secret",
    "Silence",
    "SkipPage",
    "Slow",
    "SpoilValue",
    "Stale",
    "Tenant",
    "Tie",
    "Truncate",
    "UnknownReference",
    "Value",
    "WorkloadIssuer",
]
