"""A large company for the benchmarks: the same people and groups as LDIF, and as an organization in Hyperproof."""

import random
from dataclasses import dataclass

from bridge.sandbox.hyperproof import Organization

BASE = "dc=example,dc=test"


@dataclass(frozen=True)
class Company:
    """People, groups of equal size, and who is in which."""

    people: int
    groups: int
    size: int
    seed: int = 1

    def members(self) -> list[list[int]]:
        dice = random.Random(self.seed)
        return [sorted(dice.sample(range(self.people), self.size)) for _ in range(self.groups)]

    def ldif(self) -> str:
        lines = [f"dn: {BASE}\nobjectClass: domain\ndc: example\n"]
        lines += [
            f"dn: ou={unit},{BASE}\nobjectClass: organizationalUnit\nou: {unit}\n" for unit in ("people", "groups")
        ]
        lines += [
            f"dn: {dn(n)}\nobjectClass: inetOrgPerson\nuid: p{n:06}\n"
            f"cn: Person {n:06}\nsn: {n:06}\nmail: {mail(n)}\n"
            for n in range(self.people)
        ]
        for number, members in enumerate(self.members()):
            values = "\n".join(f"member: {dn(n)}" for n in members)
            lines.append(
                f"dn: cn=g{number:05},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: g{number:05}\n{values}\n"
            )
        return "\n".join(lines)

    def organization(self, *, filled: int) -> Organization:
        """Hyperproof: everybody has an account, and the first `filled` groups are as they should be."""
        made = Organization()
        users = [made.add_user(email=mail(n), name=f"Person {n:06}") for n in range(self.people)]
        for number, members in enumerate(self.members()[:filled]):
            made.add_group(f"Group {number:05}", members=[users[n] for n in members])
        return made


def dn(number: int) -> str:
    return f"uid=p{number:06},ou=people,{BASE}"


def mail(number: int) -> str:
    return f"p{number:06}@example.test"
