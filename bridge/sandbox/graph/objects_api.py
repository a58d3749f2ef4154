"""Objects by their ids, whatever their kind, and the tenant itself."""

import json
from typing import Final

from bridge.sandbox.graph.call import Call
from bridge.sandbox.graph.encoding import listing
from bridge.sandbox.graph.errors import bad_request, denied, unsupported
from bridge.sandbox.graph.model import Kind
from bridge.sandbox.graph.tenant import DOMAIN, INITIAL_DOMAIN
from bridge.sandbox.messages import Answer, json_answer

MOST_IDS: Final = 1000
_TENANT_READERS: Final = frozenset({"Organization.Read.All", "Directory.Read.All"})


def by_ids(call: Call) -> Answer:
    """`POST /directoryObjects/getByIds`: those that there are, whole, in one page; no query options (8)."""
    if call.request.query:
        raise unsupported("Query options are not supported here.")
    if not any(call.sight.reads(kind) for kind in Kind):
        raise denied()
    ids, kinds = _asked(call.request.body)
    if len(ids) > MOST_IDS:
        raise bad_request(f"Number of included identifiers cannot exceed '{MOST_IDS}'.")
    known = (call.tenant.objects.get(one.casefold()) for one in dict.fromkeys(ids))
    found = [one for one in known if one and (not kinds or one.kind in kinds)]
    items = call.encoder.items(found, (), call.sight, typed=True)
    return Answer(200, listing(items, call.context("directoryObjects")))


def organization(call: Call) -> Answer:
    """`GET /organization`: the tenant."""
    if not _TENANT_READERS & call.sight.roles:
        raise denied()
    domains = [
        {"name": DOMAIN, "isDefault": True, "isInitial": False},
        {"name": INITIAL_DOMAIN, "isDefault": False, "isInitial": True},
    ]
    told = {"id": call.tenant.id, "displayName": call.tenant.name, "verifiedDomains": domains}
    return json_answer({"@odata.context": call.context("organization"), "value": [told]})


def _asked(body: bytes) -> tuple[list[str], list[str]]:
    try:
        asked = json.loads(body)
        ids, kinds = asked["ids"], asked.get("types", [])
    except (ValueError, TypeError, LookupError):
        raise bad_request("The body must have 'ids'.") from None
    if not (isinstance(ids, list) and isinstance(kinds, list)):
        raise bad_request("'ids' and 'types' must be lists.")
    return [str(one) for one in ids], [str(one) for one in kinds]
