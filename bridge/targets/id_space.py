"""Which of an account's two ids the group endpoints take: proved from the members that groups already have.

The vendor does not say (API reference 3.3), and ids of the wrong space would put nobody, or somebody else, into a
group. So the space is read off the data (11.1), or stated by the operator and held against the data.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Final

from bridge.core.model import IdSpace, IdSpaceProof

_OTHER: Final = {IdSpace.USER_ID: IdSpace.ID, IdSpace.ID: IdSpace.USER_ID}

_REMEDY: Final = (
    "set hyperproof.user_id_space to userId or id, after looking up in GET /users "
    "somebody whom you know to be in a group"
)


def id_space_proof(
    stated: IdSpace | None, members: AbstractSet[str], user_ids: Iterable[str], ids: Iterable[str]
) -> IdSpaceProof:
    """Tell the id space and what speaks for it. `members`: the member ids of all groups, each once.

    | known as userId | known as id | not stated | userId stated | id stated    |
    | --------------- | ----------- | ---------- | ------------- | ------------ |
    | some            | none        | userId     | userId        | contradicted |
    | none            | some        | id         | contradicted  | id           |
    | some            | some        | unproved   | userId        | id           |
    | none            | none        | unproved   | userId        | id           |

    A member id that is a userId and an id at once speaks for neither. Unproved and contradicted are not `proved`.
    """
    as_user_id, as_id = members & set(user_ids), members & set(ids)
    known = {IdSpace.USER_ID: len(as_user_id - as_id), IdSpace.ID: len(as_id - as_user_id)}
    foreign = len(members - as_user_id - as_id)
    return _found(known, foreign) if stated is None else _held_against(stated, known)


def _found(known: dict[IdSpace, int], foreign: int) -> IdSpaceProof:
    seen = [space for space, count in known.items() if count]
    if not seen:
        evidence = f"no group has a member who is a known account, so the id space cannot be told; {_REMEDY}"
        return IdSpaceProof(IdSpace.USER_ID, proved=False, evidence=evidence)
    if len(seen) > 1:
        evidence = (
            f"{known[IdSpace.USER_ID]} member ids are userIds of accounts and {known[IdSpace.ID]} are ids, "
            f"so the id space cannot be told; {_REMEDY}"
        )
        return IdSpaceProof(IdSpace.USER_ID, proved=False, evidence=evidence)
    space = seen[0]
    rest = f"; {foreign} belong to no account" if foreign else ""
    evidence = f"{known[space]} member ids are accounts' {space}, none is an account's {_OTHER[space]}{rest}"
    return IdSpaceProof(space, proved=True, evidence=evidence)


def _held_against(stated: IdSpace, known: dict[IdSpace, int]) -> IdSpaceProof:
    agree, disagree = known[stated], known[_OTHER[stated]]
    if disagree and not agree:
        evidence = (
            f"the configuration states {stated}, but all {disagree} member ids of known accounts are "
            f"their {_OTHER[stated]}; correct hyperproof.user_id_space"
        )
        return IdSpaceProof(stated, proved=False, evidence=evidence)
    evidence = f"stated in the configuration; {agree} member ids agree, {disagree} disagree"
    return IdSpaceProof(stated, proved=True, evidence=evidence)
