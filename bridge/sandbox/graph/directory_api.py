"""Groups, their members and owners, users and their managers: as lists, counted, and one by one (reference 1)."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from bridge.sandbox.graph.call import Call
from bridge.sandbox.graph.encoding import shape
from bridge.sandbox.graph.errors import GraphError, bad_request, denied, not_found, unsupported
from bridge.sandbox.graph.model import DirectoryObject, Kind
from bridge.sandbox.graph.ties import Tie
from bridge.sandbox.messages import TEXT_TYPE, Answer, json_answer

TRANSITIVE: Final = "transitiveMembers"
RELATIONS: Final = frozenset({Tie.MEMBERS.value, TRANSITIVE, Tie.OWNERS.value})
_CAST: Final = "microsoft.graph."
PLURALS: Final = {
    Kind.USER: "users",
    Kind.GROUP: "groups",
    Kind.DEVICE: "devices",
    Kind.SERVICE_PRINCIPAL: "servicePrincipals",
    Kind.CONTACT: "contacts",
}


def objects(call: Call, kind: Kind) -> Answer:
    """All objects of a kind, or those that a filter lets through."""
    found = _listed(call, kind)
    by_id = {one.id: one for one in found}
    return call.page(
        list(by_id), lambda ids: [by_id[one] for one in ids], what=PLURALS[kind], counted=call.query.advanced
    )


def count_objects(call: Call, kind: Kind) -> Answer:
    """How many objects of a kind there are."""
    return _count(call, len(_listed(call, kind)))


def single(call: Call, kind: Kind, object_id: str) -> Answer:
    """One object, by its id; a user by the UPN too."""
    admit(call, kind)
    return _entity(call, _find(call, kind, object_id))


def manager(call: Call, user_id: str) -> Answer:
    """Who manages a user."""
    admit(call, Kind.USER)
    user = _find(call, Kind.USER, user_id)
    found = call.tenant.objects.get(call.tenant.ties.managers.get(user.id, ""))
    if found is None:
        raise not_found("manager")
    context = call.context("directoryObjects/$entity")
    return json_answer({"@odata.context": context, **shape(found, call.query.select, call.sight, typed=True)})


def related(call: Call, group_id: str, relation: str, cast: str = "") -> Answer:
    """The members, transitive members or owners of a group; with a cast, those of one kind."""
    ids = _related(call, group_id, relation, cast)
    what = PLURALS[_kind(cast)] if cast else "directoryObjects"
    told = partial(_told, call, relation)
    return call.page(ids, told, what=what, typed=not cast, counted=call.query.advanced)


def count_related(call: Call, group_id: str, relation: str, cast: str = "") -> Answer:
    """How many there are."""
    return _count(call, len(_related(call, group_id, relation, cast, counting=True)))


# ---- inside ------------------------------------------------------------------------------------------------


def _listed(call: Call, kind: Kind) -> list[DirectoryObject]:
    admit(call, kind)
    asked = call.query.filter
    if asked is None:
        return call.tenant.all(kind)
    if asked.advanced and not call.query.advanced:
        raise unsupported(
            "This filter needs the header ConsistencyLevel with the value eventual, and $count=true."
        )
    return [one for one in call.tenant.all(kind) if asked.test(one)]


def _related(call: Call, group_id: str, relation: str, cast: str, *, counting: bool = False) -> Sequence[str]:
    group = _find(call, Kind.GROUP, group_id)
    _admit_relation(call, group, relation)
    if not counting and (cast or call.query.filter) and not call.query.advanced:
        raise unsupported("This query needs the header ConsistencyLevel with the value eventual, and $count=true.")
    if cast and _kind(cast) is not Kind.USER and group.unified:
        raise unsupported(f"A Microsoft 365 group holds no {cast.removeprefix(_CAST)}.")
    if group.hidden and not call.sight.reads_hidden:
        return ()
    ids = _ids(call, group.id, relation)
    if not (cast or call.query.filter or counting):
        return ids
    tests = _tests(call, cast)
    return [one.id for one in _told(call, relation, ids) if all(test(one) for test in tests)]


def _ids(call: Call, group_id: str, relation: str) -> Sequence[str]:
    ties = call.tenant.ties
    if relation != TRANSITIVE:
        return ties.of(Tie(relation), group_id)
    ids = ties.transitive(group_id)
    listed = call.modes.circles == "listed" and ties.circles(group_id)
    return tuple(sorted((*ids, group_id))) if listed else ids


def _tests(call: Call, cast: str) -> list[Callable[[DirectoryObject], bool]]:
    tests: list[Callable[[DirectoryObject], bool]] = []
    if cast:
        kind = _kind(cast)
        tests.append(lambda one: one.kind is kind)
    if call.query.filter:
        tests.append(call.query.filter.test)
    return tests


def _told(call: Call, relation: str, ids: Sequence[str]) -> list[DirectoryObject]:
    """The objects with these ids, without those that the modes leave out."""
    deleted = call.tenant.deleted if call.modes.deleted_members == "listed" else {}
    found = (call.tenant.objects.get(one) or deleted.get(one) for one in ids)
    present = [one for one in found if one]
    if relation == TRANSITIVE or call.modes.principals == "listed":
        return present
    return [one for one in present if one.kind is not Kind.SERVICE_PRINCIPAL]


def _find(call: Call, kind: Kind, object_id: str) -> DirectoryObject:
    found = call.tenant.get(object_id.casefold(), kind)
    if found is None and kind is Kind.USER:
        upn = object_id.casefold()
        same = (one for one in call.tenant.all(kind) if str(one.value("userPrincipalName")).casefold() == upn)
        found = next(same, None)
    if found is None:
        raise not_found(object_id)
    return found


def admit(call: Call, kind: Kind) -> None:
    """Whether the caller may read objects of this kind. Raises GraphError with 403."""
    if not call.sight.reads(kind):
        raise denied()


def _admit_relation(call: Call, group: DirectoryObject, relation: str) -> None:
    sight = call.sight
    if not (sight.reads_members if relation == Tie.MEMBERS else sight.reads(Kind.GROUP)):
        raise denied()
    hidden = group.hidden and relation != Tie.OWNERS and not sight.reads_hidden
    if hidden and call.modes.hidden_members == "403":
        raise denied()


def _kind(cast: str) -> Kind:
    try:
        return Kind(cast.removeprefix(_CAST))
    except ValueError:
        raise bad_request(f"Resource not found for the segment '{cast}'.") from None


def _count(call: Call, number: int) -> Answer:
    if not call.query.eventual:
        raise GraphError(400, "Request_BadRequest", "$count is not currently supported.")
    return Answer(200, str(number).encode(), TEXT_TYPE)


def _entity(call: Call, one: DirectoryObject) -> Answer:
    context = call.context(f"{PLURALS[one.kind]}/$entity")
    return json_answer({"@odata.context": context, **shape(one, call.query.select, call.sight)})
