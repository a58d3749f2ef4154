"""A town of groups within groups, and what may happen in it: to the groups that are asked for, and beside them."""

import random
from collections.abc import Callable

from tests.sources.ldap.directory import BASE, TREE, entry, group, group_dn, person, person_dn
from tests.sources.ldap.news.hand import Hand

PRINTER = f"cn=printer,ou=elsewhere,{BASE}"
TOWN = (
    TREE
    + "".join(map(person, ("ann", "bob", "cid", "dora")))
    + person("gus", employeeType="disabled")
    + entry(PRINTER, objectClass="device", cn="printer")
    + group("nested", person_dn("bob"), person_dn("gus"))
    + group("staff", person_dn("ann"), group_dn("nested"), PRINTER)
    + group("hp-red", person_dn("bob"))
    + group("idle", person_dn("dora"), person_dn("cid"))
)

Happening = Callable[[Hand], None]

RELEVANT: dict[str, Happening] = {
    "a member came": lambda hand: hand.put_in(group_dn("staff"), person_dn("cid")),
    "a member went": lambda hand: hand.take_out(group_dn("staff"), person_dn("ann")),
    "a member came to a group in it": lambda hand: hand.put_in(group_dn("nested"), person_dn("cid")),
    "a member went from a group in it": lambda hand: hand.take_out(group_dn("nested"), person_dn("bob")),
    "a group came into it": lambda hand: hand.put_in(group_dn("staff"), group_dn("idle")),
    "a member was deleted": lambda hand: hand.delete(person_dn("bob")),
    "a group in it was deleted": lambda hand: hand.delete(group_dn("nested")),
    "a member was renamed": lambda hand: hand.rename(person_dn("ann"), "uid=anna"),
    "a member was moved": lambda hand: hand.rename(person_dn("ann"), "uid=ann", f"ou=elsewhere,{BASE}"),
    "a group in it was renamed": lambda hand: hand.rename(group_dn("nested"), "cn=inner"),
    "a member was disabled": lambda hand: hand.change(person_dn("ann"), employeeType="disabled"),
    "a disabled member was enabled": lambda hand: hand.change(person_dn("gus"), employeeType="staff"),
    "a member has another address": lambda hand: hand.change(person_dn("ann"), mail="ann@new.test"),
    "a member has another name": lambda hand: hand.change(person_dn("ann"), cn="Anna"),
    "a group came that a pattern means": lambda hand: hand.add(
        group_dn("hp-blue"), "groupOfNames", member=person_dn("cid")
    ),
    "a group is called so that a pattern means it": lambda hand: hand.rename(group_dn("idle"), "cn=hp-idle"),
    "a group is also called so": lambda hand: hand.change(group_dn("idle"), cn=("idle", "staff")),
    "a group is no longer called so": lambda hand: hand.rename(group_dn("hp-red"), "cn=red"),
    "a group is deleted": lambda hand: hand.delete(group_dn("hp-red")),
    "the people are elsewhere": lambda hand: hand.rename(f"ou=elsewhere,{BASE}", "ou=attic"),
    "somebody came": lambda hand: hand.add(person_dn("new"), "inetOrgPerson", cn="New", sn="New"),
}
"""What leads to a full read. The last ones are nobody's concern in the end; that could not be known."""

IRRELEVANT: dict[str, Happening] = {
    "a member has another password": lambda hand: hand.change(person_dn("ann"), userPassword="x"),
    "a member has another password and the same address": lambda hand: hand.change(
        person_dn("ann"), userPassword="x", mail="ann@example.test"
    ),
    "somebody else has another address": lambda hand: hand.change(person_dn("cid"), mail="cid@new.test"),
    "somebody else was renamed": lambda hand: hand.rename(person_dn("cid"), "uid=sid"),
    "somebody else was deleted": lambda hand: hand.delete(person_dn("cid")),
    "somebody else was disabled": lambda hand: hand.change(person_dn("dora"), employeeType="disabled"),
    "a group that nobody asks for has other members": lambda hand: hand.take_out(
        group_dn("idle"), person_dn("cid")
    ),
    "it was renamed": lambda hand: hand.rename(group_dn("idle"), "cn=lazy"),
    "it was deleted": lambda hand: hand.delete(group_dn("idle")),
    "a printer came": lambda hand: hand.add(f"cn=new,ou=elsewhere,{BASE}", "device"),
    "a printer changed": lambda hand: hand.change(PRINTER, description="broken"),
}

UIDS = ("ann", "bob", "cid", "dora", "gus", "new")
NAMES = ("nested", "staff", "hp-red", "idle", "hp-new")


def wander(hand: Hand, dice: random.Random, number: int) -> None:
    """Let something happen to somebody."""
    uid, name = dice.choice(UIDS), dice.choice(NAMES)
    member = dice.choice((person_dn(uid), group_dn("nested"), group_dn("idle")))
    dice.choice((
        lambda: hand.add(person_dn(uid), "inetOrgPerson", cn=uid, sn=uid, mail=f"{uid}@example.test"),
        lambda: hand.delete(person_dn(uid)),
        lambda: hand.rename(person_dn(uid), f"uid={dice.choice(UIDS)}"),
        lambda: hand.change(person_dn(uid), employeeType=dice.choice(("disabled", "staff"))),
        lambda: hand.change(person_dn(uid), description=str(number)),
        lambda: hand.add(group_dn(name), "groupOfNames", member="cn=nobody"),
        lambda: hand.take_out(group_dn(name), member),
        lambda: hand.put_in(group_dn(name), *([member] if hand.has(member) else ())),
        lambda: hand.rename(group_dn(name), f"cn={dice.choice(NAMES)}"),
    ))()  # fmt: skip
