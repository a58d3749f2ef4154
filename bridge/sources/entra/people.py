"""The people of a tenant: from Graph's users to persons, and what bars one from being one (reference 1.5, 6)."""

from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import Final, TypeAlias

from bridge.core.model import Email, Person, PersonId, email
from bridge.errors import IncompleteRead
from bridge.sources.entra.graph import SYSTEM
from bridge.sources.entra.listing import Item, text, texts
from bridge.sources.entra.settings import AddressProperty, EntraSettings

USER: Final = "#microsoft.graph.user"
GROUP: Final = "#microsoft.graph.group"

_ALWAYS: Final = ("id", "displayName", "userPrincipalName", "accountEnabled", "userType")
_EXTERNAL: Final = "#ext#"
"""In the sign-in name of a guest, which is no address, however much it looks like one."""


class Barred(Enum):
    """Why a user is no person that may belong to a group."""

    DISABLED = auto()
    GUEST = auto()
    UNREADABLE = auto()
    """Graph hides what tells whether they are disabled: nothing may be concluded about them."""


Judged: TypeAlias = Person | Barred


class People:
    """Everybody who was met in one read, each judged once. Safe to share between threads."""

    def __init__(self, settings: EntraSettings) -> None:
        self._directory = settings.name
        self._addresses = settings.addresses
        self._guests = settings.guests
        self._judged: dict[str, Judged] = {}

    @property
    def properties(self) -> str:
        """What has to be asked of users, in one text."""
        return ",".join(dict.fromkeys((*_ALWAYS, *self._addresses)))

    def judge(self, item: Item) -> Judged:
        """Tell who a user is. Raises IncompleteRead for one that is malformed."""
        key = identity(item)
        known = self._judged.get(key)
        # Two threads may judge the same user at once: the first answer stands.
        return known or self._judged.setdefault(key, self._judge(key, item))

    def _judge(self, key: str, item: Item) -> Judged:
        upn, enabled = text(item, "userPrincipalName"), item.get("accountEnabled")
        if not upn or enabled is None:
            return Barred.UNREADABLE
        if not isinstance(enabled, bool):
            raise IncompleteRead(SYSTEM, "accountEnabled came as something that is neither true nor false")
        if not self._guests and _is_guest(text(item, "userType"), upn):
            return Barred.GUEST
        if not enabled:
            return Barred.DISABLED
        return Person(
            PersonId(f"{self._directory}:{key}"),
            tuple(dict.fromkeys(self._addresses_of(item))),
            text(item, "displayName") or upn,
            upn,
        )

    def _addresses_of(self, item: Item) -> Iterator[Email]:
        for name in self._addresses:
            yield from (email(one) for one in _told(item, name) if _is_address(one))


def identity(item: Item) -> str:
    """An object's id, in one spelling. Raises IncompleteRead when it has none."""
    told = item.get("id")
    if isinstance(told, str) and told.strip():
        return told.strip().lower()
    raise IncompleteRead(SYSTEM, "an entry has no id")


def kind_of(item: Item) -> str:
    """What kind of object an entry is. Raises IncompleteRead when it does not say."""
    told = item.get("@odata.type")
    if isinstance(told, str):
        return told
    raise IncompleteRead(SYSTEM, "an entry does not say what it is (@odata.type)")


def _is_guest(user_type: str, upn: str) -> bool:
    """By what Graph calls them; old objects may have no type, and then the sign-in name tells."""
    return user_type.lower() == "guest" if user_type else _EXTERNAL in upn.lower()


def _told(item: Item, name: AddressProperty) -> Sequence[str]:
    """What one of a user's properties says, address or not."""
    match name:
        case AddressProperty.PROXY_ADDRESSES:
            return _smtp(texts(item, name))
        case AddressProperty.OTHER_MAILS:
            return texts(item, name)
        case _:
            return (text(item, name),)


def _is_address(told: str) -> bool:
    local, at, domain = told.strip().partition("@")
    return bool(local and at and domain) and " " not in told.strip() and _EXTERNAL not in told.lower()


def _smtp(proxies: Sequence[str]) -> Sequence[str]:
    """Of all proxy addresses those of mail: the primary one (`SMTP:`) before the others (`smtp:`)."""
    told = [(kind, address) for kind, _, address in (proxy.partition(":") for proxy in proxies)]
    primary = [address for kind, address in told if kind == "SMTP"]
    return [*primary, *(address for kind, address in told if kind != "SMTP" and kind.lower() == "smtp")]
