import pytest

from bridge.core.model import Account, AccountId, Email, IdSpace, Standing
from bridge.targets.accounts import account_of, standing_of
from bridge.targets.hyperproof_answers import User

S = Standing
STATUSES = ("active", "pending", "archived", "deleted", "canceled", "", "frozen", "Active")
GONE = (S.DEACTIVATED,) * 3
UNKNOWN = (S.UNKNOWN,) * 3

TABLE: dict[str, tuple[Standing, ...]] = {
    "activeUser": (S.ACTIVE, S.INVITED, *GONE, *UNKNOWN),
    "contact": (S.CONTACT, S.CONTACT, *GONE, *UNKNOWN),
    "deactivatedUser": (S.DEACTIVATED,) * 8,
    "serviceAccount": (S.SERVICE,) * 8,
    "deactivatedServiceAccount": (S.SERVICE,) * 8,
    "syncServiceAccount": (S.SERVICE,) * 8,
    "deactivatedSyncServiceAccount": (S.SERVICE,) * 8,
    "": (S.UNKNOWN, S.INVITED, *GONE, *UNKNOWN),
    "guestUser": (S.UNKNOWN, S.INVITED, *GONE, *UNKNOWN),
    "ActiveUser": (S.UNKNOWN, S.INVITED, *GONE, *UNKNOWN),
}

CASES = [(kind, status, s) for kind, row in TABLE.items() for status, s in zip(STATUSES, row, strict=True)]


@pytest.mark.parametrize(("kind", "status", "standing"), CASES)
def test_standing(kind: str, status: str, standing: Standing) -> None:
    """Every type with every status: only a plain activeUser that is active counts as active."""
    assert standing_of(kind, status) is standing


ANNA = User("o-anna", "u-anna", "active", "activeUser", "  Anna.Smith@Corp.Example ", "Anna", "Smith")


@pytest.mark.parametrize(
    ("space", "own", "other"), [(IdSpace.USER_ID, "u-anna", "o-anna"), (IdSpace.ID, "o-anna", "u-anna")]
)
def test_account_is_known_by_its_id_in_the_space(space: IdSpace, own: str, other: str) -> None:
    """The other id is kept for the record; the address has its one form."""
    assert account_of(ANNA, space) == Account(
        AccountId(own), other, Email("anna.smith@corp.example"), "Anna Smith", Standing.ACTIVE
    )


def test_service_account_has_neither_address_nor_name() -> None:
    """No address is None: an empty one would match another empty one."""
    account = account_of(User("o", "u", "active", "serviceAccount", " ", "", ""), IdSpace.USER_ID)
    assert (account.email, account.name) == (None, "")
