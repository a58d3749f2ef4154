"""What a write to a group may do, and what stands against it, under the modes. Decides; changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.sandbox.hyperproof.model import SERVICE_TYPES, Group, User
from bridge.sandbox.hyperproof.modes import Modes
from bridge.sandbox.hyperproof.organization import Organization
from bridge.sandbox.hyperproof.refusals import Refused


@dataclass(frozen=True, slots=True)
class Decision:
    """Whom to put in or take out, and the error to answer with after that has been done, if any."""

    user_ids: tuple[str, ...]
    afterwards: Refused | None = None

    def halved(self) -> "Decision":
        """The first half of it, the odd one included, and then an error."""
        half = (len(self.user_ids) + 1) // 2
        return Decision(self.user_ids[:half], broken_off())


def broken_off() -> Refused:
    """The error of a write that ended in its middle."""
    return Refused(500, "An unexpected error occurred.")


class Rules:
    """The rules of one organization under its present modes."""

    def __init__(self, organization: Organization, modes: Modes) -> None:
        self._organization = organization
        self._modes = modes

    def user(self, sent: str) -> User | None:
        """The user whom an id of a group payload means: in the id space of the mode (API reference 11.1)."""
        if self._modes.id_space == "userId":
            return self._organization.user_of_user_id(sent)
        return self._organization.user_of_id(sent)

    def additions(self, group: Group | None, sent: Sequence[str]) -> Decision:
        """Whom an add with these ids puts in; `group` is None for one that is being made. Raises Refused."""
        ids = self._batch(sent, of_group=group is not None)
        users = [self.user(one) for one in ids]
        good = tuple(user for user in users if user is not None and not user.deactivated)
        self._refuse_kinds(good)
        self._refuse_present(group, good)
        return self._decision(tuple(user.user_id for user in good), bad=len(ids) - len(good))

    def removals(self, group: Group, sent: Sequence[str]) -> Decision:
        """Whom a remove with these ids takes out. Raises Refused."""
        users = [self.user(one) for one in self._batch(sent)]
        members = frozenset(group.members)
        present = tuple(user.user_id for user in users if user is not None and user.user_id in members)
        if len(present) < len(users) and self._modes.absent_ids == "404":
            raise Refused(404, "At least one user is not a member of this group.")
        if group.lead in present and self._modes.lead_removal == "400":
            raise Refused(400, "The group lead cannot be removed from the group.")
        return self._broken(present)

    def writable(self, group: Group) -> None:
        """Raise Refused where the group is archived and takes no writes (API reference 11.9)."""
        if group.archived and self._modes.archived == "400":
            raise Refused(400, "The group is archived.")

    def name(self, name: object, *, of: Group | None = None) -> str:
        """The name as it will be kept. Raises Refused where it is none, or another group's (11.10)."""
        if not isinstance(name, str) or not name.strip():
            raise Refused(400, "The name field is required.")
        free = self._modes.archived_names == "free"
        others = [
            group
            for group in self._organization.namesakes(name)
            if not (of and group.id == of.id) and not (group.archived and free)
        ]
        if others and self._modes.name_conflict != "allowed":
            raise Refused(int(self._modes.name_conflict), "A group with this name already exists.")
        return name

    def lead(self, sent: object) -> str:
        """The `userId` of somebody who may lead. Raises Refused."""
        user = self.user(sent) if isinstance(sent, str) else None
        if user is None or user.deactivated:
            raise Refused(404 if self._modes.unknown_ids == "404" else 400, "The group lead was not found.")
        if user.type in SERVICE_TYPES:
            raise Refused(400, "Service accounts cannot be group leads.")
        if user.type == "contact" and self._modes.contact_lead == "400":
            raise Refused(400, "Contacts cannot be group leads.")
        return user.user_id

    def _batch(self, sent: Sequence[str], *, of_group: bool = True) -> tuple[str, ...]:
        limit = self._modes.batch_limit
        if not sent and of_group and self._modes.empty_ids == "400":
            raise Refused(400, "The userIds field must not be empty.")
        if limit and len(sent) > limit:
            raise Refused(int(self._modes.batch_limit_status), f"At most {limit} userIds are allowed.")
        return tuple(dict.fromkeys(sent))

    def _refuse_kinds(self, users: Sequence[User]) -> None:
        types = {user.type for user in users}
        if types & SERVICE_TYPES and self._modes.service_members == "400":
            raise Refused(400, "Service accounts cannot be group members.")
        if "contact" in types and self._modes.contact_members == "400":
            raise Refused(400, "Contacts cannot be group members.")

    def _refuse_present(self, group: Group | None, users: Sequence[User]) -> None:
        present = frozenset(group.members) if group else frozenset()
        if self._modes.present_ids == "409" and any(user.user_id in present for user in users):
            raise Refused(409, "At least one user is already a member of this group.")

    def _decision(self, good: tuple[str, ...], *, bad: int) -> Decision:
        if not bad or self._modes.unknown_ids == "skip":
            return self._broken(good)
        if self._modes.unknown_ids == "partial":
            return Decision(good, Refused(400, "Some users were not found."))
        raise Refused(int(self._modes.unknown_ids), "At least one user was not found.")

    def _broken(self, user_ids: tuple[str, ...]) -> Decision:
        limit = self._modes.batch_breaks_after
        if limit and len(user_ids) > limit:
            return Decision(user_ids[:limit], broken_off())
        return Decision(user_ids)
