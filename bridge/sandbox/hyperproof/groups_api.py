"""The eight operations on groups (API reference 4). Each runs under the organization's lock."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.sandbox.hyperproof.encoding import Encoder, listing
from bridge.sandbox.hyperproof.lag import Lag
from bridge.sandbox.hyperproof.model import Group
from bridge.sandbox.hyperproof.modes import Modes
from bridge.sandbox.hyperproof.organization import Organization
from bridge.sandbox.hyperproof.refusals import Refused
from bridge.sandbox.hyperproof.rules import Decision, Rules, broken_off
from bridge.sandbox.messages import Answer


@dataclass(frozen=True, slots=True)
class Call:
    """One authorized request."""

    actor: str
    """The API client's id."""
    modes: Modes
    parameters: dict[str, str]
    body: bytes = b""
    group_id: str = ""
    half: bool = False
    """A write is to be applied by half, and then fail."""


class GroupsApi:
    """Groups as the API shows and changes them."""

    def __init__(self, organization: Organization, encoder: Encoder, lag: Lag) -> None:
        self._organization = organization
        self._encoder = encoder
        self._lag = lag

    # ---- reading ---------------------------------------------------------------------------------------

    def get_groups(self, call: Call) -> Answer:
        """`GET /groups?status=&expand=userIds`."""
        expanded = "userIds" in words(call, "expand")
        entries = [self._encoder.group(group, call.modes, expanded=expanded) for group in self._listed(call)]
        return _list_answer(entries, call)

    def get_all_members(self, call: Call) -> Answer:
        """`GET /groups/users?status=`."""
        return _list_answer([self._encoder.members(group, call.modes) for group in self._listed(call)], call)

    def get_group(self, call: Call) -> Answer:
        """`GET /groups/{groupId}`."""
        expanded = "userIds" in words(call, "expand")
        return Answer(200, self._encoder.group(self._seen(call), call.modes, expanded=expanded))

    def get_members(self, call: Call) -> Answer:
        """`GET /groups/{groupId}/users`."""
        return Answer(200, self._encoder.members(self._seen(call), call.modes))

    # ---- writing ---------------------------------------------------------------------------------------

    def add_group(self, call: Call) -> Answer:
        """`POST /groups`: `name`, `groupLeadId`, `userIds`."""
        body = _body(call)
        rules = self._rules(call)
        name = rules.name(body.get("name"))
        lead = None if body.get("groupLeadId") is None else rules.lead(body["groupLeadId"])
        decision = _cut(rules.additions(None, _user_ids(body, required=False)), call)
        members = self._with_lead(call, decision.user_ids, lead)
        group = self._organization.create_group(name, members, lead=lead, actor=call.actor)
        self._note(call, group.id, None)
        _raise_afterwards(decision)
        return _written(self._encoder.group(group, call.modes, expanded=False), call)

    def update_group(self, call: Call) -> Answer:
        """`PATCH /groups/{groupId}`: `name`, `groupLeadId`, `clearGroupLead`."""
        group, rules, body = self._writable(call), self._rules(call), _body(call)
        clear = bool(body.get("clearGroupLead"))
        sent_lead = body.get("groupLeadId")
        if clear and sent_lead is not None:
            raise Refused(400, "groupLeadId and clearGroupLead must not be combined.")
        name = group.name if body.get("name") is None else rules.name(body["name"], of=group)
        lead = None if clear else group.lead if sent_lead is None else rules.lead(sent_lead)
        after = self._organization.rename_group(group.id, name, actor=call.actor)
        self._note(call, group.id, group)
        if call.half:
            raise broken_off()
        after = self._lead_group(call, after, lead)
        return _written(self._encoder.group(after, call.modes, expanded=False), call)

    def add_members(self, call: Call) -> Answer:
        """`POST /groups/{groupId}/users`: `userIds`."""
        group, sent = self._writable(call), _user_ids(_body(call))
        decision = _cut(self._rules(call).additions(group, sent), call)
        after = self._organization.add_members(group.id, decision.user_ids, actor=call.actor)
        return self._members_written(call, group, after, decision, sent)

    def remove_members(self, call: Call) -> Answer:
        """`PUT /groups/{groupId}/users/delete`: `userIds`."""
        group, sent = self._writable(call), _user_ids(_body(call))
        decision = _cut(self._rules(call).removals(group, sent), call)
        after = self._organization.remove_members(group.id, decision.user_ids, actor=call.actor)
        if call.modes.lead_removal == "clears" and group.lead in decision.user_ids:
            after = self._organization.set_lead(group.id, None, actor=call.actor)
        return self._members_written(call, group, after, decision, sent)

    # ---- inside ----------------------------------------------------------------------------------------

    def _rules(self, call: Call) -> Rules:
        return Rules(self._organization, call.modes)

    def _there(self, call: Call) -> Group:
        group = self._organization.group_of_id(call.group_id)
        if group is None or (group.archived and call.modes.archived == "404"):
            raise Refused(404, "Group not found.")
        return group

    def _seen(self, call: Call) -> Group:
        group = self._lag.seen(self._there(call))
        if group is None:
            raise Refused(404, "Group not found.")
        return group

    def _writable(self, call: Call) -> Group:
        group = self._there(call)
        self._rules(call).writable(group)
        return group

    def _listed(self, call: Call) -> Sequence[Group]:
        asked = words(call, "status") or frozenset({"active"})
        if asked - {"active", "archived"}:
            raise Refused(400, "The status must be active or archived.")
        shown = (seen for group in self._organization.groups if (seen := self._lag.seen(group)))
        return [group for group in shown if ("archived" if group.archived else "active") in asked]

    def _lead_group(self, call: Call, group: Group, lead: str | None) -> Group:
        if lead == group.lead:
            return group
        joins = self._with_lead(call, (), lead)
        self._organization.set_lead(group.id, lead, actor=call.actor)
        return self._organization.add_members(group.id, joins, actor=call.actor)

    @staticmethod
    def _with_lead(call: Call, members: tuple[str, ...], lead: str | None) -> tuple[str, ...]:
        return (*members, lead) if lead and call.modes.lead_joins else members

    def _note(self, call: Call, group_id: str, before: Group | None) -> None:
        self._lag.note_write(group_id, before, seconds=call.modes.stale_seconds, reads=call.modes.stale_reads)

    def _members_written(
        self, call: Call, before: Group, after: Group, decision: Decision, sent: Sequence[str]
    ) -> Answer:
        self._note(call, before.id, before)
        _raise_afterwards(decision)
        return _written(self._encoder.write_answer(after, sent, call.modes), call)


def _cut(decision: Decision, call: Call) -> Decision:
    return decision.halved() if call.half else decision


def _raise_afterwards(decision: Decision) -> None:
    if decision.afterwards is not None:
        raise decision.afterwards


def _written(body: bytes, call: Call) -> Answer:
    status = int(call.modes.write_status)
    return Answer(status, b"" if status == 204 else body)  # noqa: PLR2004 - 204 No Content


def _list_answer(entries: Sequence[bytes], call: Call) -> Answer:
    return Answer(200, listing(entries, call.modes, call.parameters.get("nextToken", "")))


def words(call: Call, parameter: str) -> frozenset[str]:
    """A comma list of the query, as a set."""
    return frozenset(word.strip() for word in call.parameters.get(parameter, "").split(",") if word.strip())


def _body(call: Call) -> dict[str, object]:
    try:
        value = json.loads(call.body)
    except ValueError:
        raise Refused(400, "The request body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise Refused(400, "The request body must be an object.")
    return value


def _user_ids(body: dict[str, object], *, required: bool = True) -> list[str]:
    value = body.get("userIds")
    if value is None and not required:
        return []
    if not isinstance(value, list):
        raise Refused(400, "The userIds field must be an array of strings.")
    ids = [one for one in value if isinstance(one, str)]
    if len(ids) < len(value):
        raise Refused(400, "The userIds field must be an array of strings.")
    return ids
