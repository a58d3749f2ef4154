"""People made up by number, the same in every sandbox, so that a directory and a Hyperproof know each other's."""

from typing import Final

DOMAIN: Final = "corp.example"
_GIVEN: Final = (
    "Anna",
    "Ben",
    "Carla",
    "David",
    "Erik",
    "Fatima",
    "Grace",
    "Hugo",
    "Iris",
    "Jonas",
    "Kim",
    "Liam",
)
_SURNAMES: Final = (
    "Adler",
    "Berg",
    "Costa",
    "Diaz",
    "Evans",
    "Fischer",
    "Garcia",
    "Hall",
    "Ito",
    "Jensen",
    "Khan",
)


def person_name(number: int) -> str:
    """The name of the person with this number, from 0."""
    given = _GIVEN[number % len(_GIVEN)]
    return f"{given} {_SURNAMES[number // len(_GIVEN) % len(_SURNAMES)]} {number:05d}"


def person_email(number: int) -> str:
    """The address of the person with this number: the name with dots."""
    return f"{person_name(number).replace(' ', '.').lower()}@{DOMAIN}"
