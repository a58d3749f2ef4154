"""Hyperproof's Users and Groups endpoints, one method each. Decides nothing (API reference, sections 3 to 5)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import quote

from bridge.core.model import AccountId
from bridge.errors import IncompleteRead, OutcomeUnknown
from bridge.targets import hyperproof_answers as answers
from bridge.targets.hyperproof_answers import SYSTEM, GroupRow, Members, Profile, User
from bridge.transport.answer import Answer
from bridge.transport.client import Bearer, Client
from bridge.transport.json_rows import rows_of
from bridge.transport.reaction import Call

T = TypeVar("T")

_PAGES: Final = 10_000
"""Of one list. The lists are not paged as far as anybody knows; more than this is a server in a loop."""

_USERS_REMEDY: Final = "give the API client the user read scope, and its account a role that sees all users"
_GROUPS_REMEDY: Final = (
    "give the API client every group scope, and its account the administrator or compliance manager role"
)


class GroupStatus(StrEnum):
    """Which groups a list holds."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class HyperproofApi:
    """The ten operations that there are.

    Reads raise Denied, Throttled, Unavailable and IncompleteRead; writes raise Denied, Throttled, Unavailable
    (nothing was sent), OutcomeUnknown and ChangeRejected.
    """

    def __init__(self, client: Client, bearer: Bearer, api_url: str) -> None:
        self._client = client
        self._bearer = bearer
        self._base = api_url.rstrip("/")

    # ---- users -----------------------------------------------------------------------------------------

    def get_me(self) -> Profile:
        """GET /users/me."""
        return answers.profile(self._get("/users/me", remedy=_USERS_REMEDY).value, "GET /users/me")

    def get_users(self) -> list[User]:
        """GET /users, deactivated people too."""
        # The default is not documented, so both values would have to be stated; in lower case, unlike Python's.
        row = partial(answers.user, what="GET /users")
        return list(self._list("/users", {"includeDeactivated": "true"}, _USERS_REMEDY, row))

    # ---- groups ----------------------------------------------------------------------------------------

    def get_groups(self, status: GroupStatus) -> list[GroupRow]:
        """GET /groups."""
        row = partial(answers.group_row, what="GET /groups")
        return list(self._list("/groups", {"status": status.value}, _GROUPS_REMEDY, row))

    def get_group(self, group_id: str) -> GroupRow | None:
        """GET /groups/{groupId}. None: there is no such group."""
        answer = self._get("/groups/{groupId}", group_id, expected=frozenset({HTTPStatus.NOT_FOUND}))
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        return answers.group_row(answer.value, "GET /groups/{groupId}")

    def get_all_members(self, status: GroupStatus, kept: Iterable[str] = ()) -> list[Members]:
        """GET /groups/users. A group whose members are not told is left out: it is unknown, not empty (11.8).

        Of ids that are `kept` already none is kept again.
        """
        ids = {one: AccountId(one) for one in kept}

        def row(value: object) -> Members | None:
            return answers.members(value, "GET /groups/users", kept=ids) if answers.tells_members(value) else None

        rows = self._list("/groups/users", {"status": status.value}, _GROUPS_REMEDY, row)
        return [told for told in rows if told]

    def get_members(self, group_id: str) -> Members:
        """GET /groups/{groupId}/users."""
        answer = self._get("/groups/{groupId}/users", group_id)
        return answers.members(answer.value, "GET /groups/{groupId}/users", of=group_id)

    def add_group(self, name: str, user_ids: Sequence[str] = ()) -> str:
        """POST /groups, and tell the new id. Raises OutcomeUnknown too when the answer does not."""
        body = {"name": name, **({"userIds": list(user_ids)} if user_ids else {})}
        answer = self._write("POST", "/groups", body)
        created = answers.created_id(answer.value if answer.is_json else None)
        if not created:
            raise OutcomeUnknown(SYSTEM, f"POST /groups was answered {answer.status} without the new group's id")
        return created

    def update_group(self, group_id: str, changes: Mapping[str, object]) -> None:
        """PATCH /groups/{groupId}: `name`, and one of `groupLeadId` and `clearGroupLead`."""
        self._write("PATCH", "/groups/{groupId}", changes, group_id)

    def add_members(self, group_id: str, user_ids: Sequence[str]) -> None:
        """POST /groups/{groupId}/users. What it answers is not relied on (API reference 11.4)."""
        self._write("POST", "/groups/{groupId}/users", {"userIds": list(user_ids)}, group_id)

    def remove_members(self, group_id: str, user_ids: Sequence[str]) -> None:
        """PUT /groups/{groupId}/users/delete. What it answers is not relied on."""
        self._write("PUT", "/groups/{groupId}/users/delete", {"userIds": list(user_ids)}, group_id)

    # ---- requests --------------------------------------------------------------------------------------

    def _list(
        self, template: str, params: Mapping[str, str], remedy: str, row: Callable[[object], T]
    ) -> Iterator[T]:
        """Read a whole list, row by row, following pages should there be any."""
        decode = partial(rows_of, make=row)
        what = f"GET {template}"
        seen: set[str] = set()
        for _ in range(_PAGES):
            call = Call(
                method="GET",
                url=self._url(template),
                template=template,
                repeatable=True,
                params=params,
                decode=decode,
                refused=remedy,
            )
            page = answers.page(self._client.send(call, self._bearer).value, what, row)
            yield from page.rows
            if not page.next_token:
                return
            if page.next_token in seen:
                raise IncompleteRead(SYSTEM, f"{what} led back to a page that was read before")
            seen.add(page.next_token)
            params = {**params, "nextToken": page.next_token}
        raise IncompleteRead(SYSTEM, f"{what} did not end after {_PAGES} pages")

    def _get(
        self,
        template: str,
        group_id: str = "",
        *,
        expected: frozenset[int] = frozenset(),
        remedy: str = _GROUPS_REMEDY,
    ) -> Answer:
        call = Call(
            method="GET",
            url=self._url(template, group_id),
            template=template,
            repeatable=True,
            expected=expected,
            refused=remedy,
        )
        return self._client.send(call, self._bearer)

    def _write(self, method: str, template: str, body: Mapping[str, object], group_id: str = "") -> Answer:
        call = Call(
            method=method,
            url=self._url(template, group_id),
            template=template,
            repeatable=False,
            json=body,
            refused=_GROUPS_REMEDY,
        )
        return self._client.send(call, self._bearer)

    def _url(self, template: str, group_id: str = "") -> str:
        return self._base + template.replace("{groupId}", _segment(group_id))


def _segment(text: str) -> str:
    """Make an id one segment of a path, even an id that would walk the path."""
    return quote(text, safe="") if text.strip(".") else text.replace(".", "%2E")
