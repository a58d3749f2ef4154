from itertools import product

import pytest

from bridge.core.model import IdSpace
from bridge.targets.id_space import id_space_proof

USER_IDS = ("u1", "u2", "same")
IDS = ("o1", "o2", "same")

USER_ID, ID = IdSpace.USER_ID, IdSpace.ID


def proof(stated: IdSpace | None, *members: str) -> tuple[IdSpace, bool, str]:
    """What is found with these members."""
    found = id_space_proof(stated, frozenset(members), USER_IDS, IDS)
    return found.space, found.proved, found.evidence


@pytest.mark.parametrize(("members", "space"), [(("u1", "u2"), USER_ID), (("o1",), ID)])
def test_members_of_one_space_prove_it(members: tuple[str, ...], space: IdSpace) -> None:
    """Ids that accounts have in one space only, say which space the groups speak."""
    assert proof(None, *members)[:2] == (space, True)


def test_evidence_has_the_figures() -> None:
    """An auditor reads how many ids it rests on, and how many rest on nothing."""
    assert proof(None, "u1", "u2", "gone")[2] == (
        "2 member ids are accounts' userId, none is an account's id; 1 belong to no account"
    )


@pytest.mark.parametrize("members", [(), ("gone",), ("same",), ("u1", "o1"), ("u1", "u2", "o2", "same")])
def test_nothing_or_both_prove_nothing(members: tuple[str, ...]) -> None:
    """Then nothing is written, and the sentence says which setting decides it."""
    space, proved, evidence = proof(None, *members)
    assert (space, proved) == (USER_ID, False)
    assert "set hyperproof.user_id_space to userId or id" in evidence


@pytest.mark.parametrize("members", [(), ("gone",), ("same",), ("u1",), ("u1", "o1")])
def test_statement_that_the_data_allow_is_proof(members: tuple[str, ...]) -> None:
    """The operator has looked; so the very first members of an organization can be put in."""
    assert proof(USER_ID, *members)[:2] == (USER_ID, True)


@pytest.mark.parametrize(("stated", "member"), [(USER_ID, "o1"), (ID, "u1")])
def test_statement_that_the_data_contradict_is_none(stated: IdSpace, member: str) -> None:
    """Every known member is of the other space: writing would put in strangers, or nobody."""
    space, proved, evidence = proof(stated, member, "gone")
    assert (space, proved) == (stated, False)
    assert "correct hyperproof.user_id_space" in evidence


def test_every_small_world() -> None:
    """In no world is a space proved that no known member speaks for, unless the operator states it."""
    pool = ("u1", "u2", "o1", "o2", "same", "gone")
    for chosen in product((False, True), repeat=len(pool)):
        members = {name for name, here in zip(pool, chosen, strict=True) if here}
        speaking = {USER_ID: bool(members & {"u1", "u2"}), ID: bool(members & {"o1", "o2"})}
        for stated, other in ((None, None), (USER_ID, ID), (ID, USER_ID)):
            space, proved, _ = proof(stated, *members)
            if stated is None:
                assert proved == (speaking[USER_ID] != speaking[ID])
                assert not proved or speaking[space]
            else:
                assert other is not None
                assert space is stated
                assert proved == (speaking[stated] or not speaking[other])
