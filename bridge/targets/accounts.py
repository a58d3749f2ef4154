"""Hyperproof's users as accounts."""

from functools import lru_cache
from typing import Final

from bridge.core.model import Account, AccountId, IdSpace, Standing, email
from bridge.targets.hyperproof_answers import User

_SERVICE: Final = frozenset(
    {"serviceAccount", "deactivatedServiceAccount", "syncServiceAccount", "deactivatedSyncServiceAccount"}
)
_TYPES: Final = _SERVICE | {"activeUser", "contact", "deactivatedUser"}
_GONE: Final = frozenset({"archived", "deleted", "canceled"})


@lru_cache(maxsize=256)
def standing_of(kind: str, status: str) -> Standing:
    """Tell an account's standing from the `type` and `status` of a user (API reference 3.2, 11.12).

    | type            | active      | pending     | archived, deleted, canceled | any other   |
    | --------------- | ----------- | ----------- | --------------------------- | ----------- |
    | service kinds   | SERVICE     | SERVICE     | SERVICE                     | SERVICE     |
    | deactivatedUser | DEACTIVATED | DEACTIVATED | DEACTIVATED                 | DEACTIVATED |
    | contact         | CONTACT     | CONTACT     | DEACTIVATED                 | UNKNOWN     |
    | activeUser      | ACTIVE      | INVITED     | DEACTIVATED                 | UNKNOWN     |
    | any other       | UNKNOWN     | INVITED     | DEACTIVATED                 | UNKNOWN     |
    """
    if kind in _SERVICE:
        return Standing.SERVICE
    if kind == "deactivatedUser" or status in _GONE:
        return Standing.DEACTIVATED
    match kind, status:
        case "contact", "active" | "pending":
            return Standing.CONTACT
        case "activeUser", "active":
            return Standing.ACTIVE
        case other, "pending" if other != "contact":
            return Standing.INVITED
    return Standing.UNKNOWN


def account_of(user: User, space: IdSpace) -> Account:
    """Make an account of a user, known by its id in this space."""
    ids = (user.user_id, user.id) if space is IdSpace.USER_ID else (user.id, user.user_id)
    return Account(
        id=AccountId(ids[0]),
        other_id=ids[1],
        email=email(user.email) or None,
        name=f"{user.given_name} {user.surname}".strip(),
        standing=standing_of(user.type, user.status),
    )
