"""The questions about a directory in files: LDIF, or CSV with its columns."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bridge.cli.setup.asking import Asking
from bridge.cli.setup.ldap import PRESETS
from bridge.cli.setup.side import Side, looked_at
from bridge.cli.setup.trial import trial
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.config.document import Plain

_DELIMITERS: Final = {",": ",", ";": ";", "|": "|", "\t": "tab"}
_BEGINS_LDIF: Final = ("dn:", "version:", "#")

_COLUMNS: Final = {
    "group": ("group_id", "groupid", "group", "group_name"),
    "member": ("member_id", "memberid", "member", "user_id", "employee_id", "user", "login"),
    "id": ("employee_id", "person_id", "user_id", "id", "login"),
    "address": ("mail", "email", "e-mail", "address", "upn"),
}
"""What columns are often called, the likeliest first."""


def ask_file(asking: Asking, name: str) -> Side:
    """Ask for the files, and try them."""

    def tried() -> Side:
        path = _path(asking.text("--file", "LDIF file, or the CSV file with the memberships"))
        first = _first_line(path)
        more = _ldif(asking, path) if first.lower().startswith(_BEGINS_LDIF) else _csv(asking, path, first)
        section: dict[str, Plain] = {"type": "file", **more}
        return Side(name, section, (), looked_at(asking, name, trial(name=name, directory=section)))

    columns = (f"--{key}-column" for key in _COLUMNS)
    return asking.tried(tried, "--file", "--people-file", "--preset", *columns)


def _ldif(asking: Asking, path: Path) -> "dict[str, Plain]":
    preset = asking.choice("--preset", "Its entries are like those of", PRESETS, "openldap")
    return {"ldif": {"file": str(path), "preset": preset}}


def _csv(asking: Asking, path: Path, first: str) -> "dict[str, Plain]":
    delimiter, heading = _heading(first)
    memberships: dict[str, Plain] = {"file": str(path)}
    memberships |= {key: _column(asking, key, heading, f"Column with the {key}") for key in ("group", "member")}
    people_file = asking.optional("--people-file", "CSV file with the people, where that is another")
    people: dict[str, Plain] = {}
    if people_file:
        other, columns = _heading(_first_line(_path(people_file)))
        if other != delimiter:
            raise BridgeError(f"{people_file} has other separators than {path}; export both in one way")
        people = {
            "file": str(_path(people_file)),
            "id": _column(asking, "id", columns, "Column with a person's id"),
        }
        heading = columns
    people["addresses"] = [_column(asking, "address", heading, "Column with the e-mail address")]
    return {"csv": {"delimiter": _DELIMITERS[delimiter], "people": people, "memberships": memberships}}


def _column(asking: Asking, key: str, heading: list[str], question: str) -> str:
    """One of the file's columns, the likeliest as the default."""
    folded = {name.lower(): name for name in heading}
    likely = next((folded[name] for name in _COLUMNS[key] if name in folded), "")
    return asking.choice(f"--{key}-column", question, heading, likely)


def _heading(first: str) -> tuple[str, list[str]]:
    """What separates columns, and their names."""
    delimiter = max(_DELIMITERS, key=first.count)
    return delimiter, [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig") as file:
            first = file.readline(65_536).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BridgeError(
            f"{path} cannot be read as text ({error}); check the path, and who may read it"
        ) from error
    if not first:
        raise BridgeError(f"{path} begins with an empty line; name an LDIF or a CSV file")
    return first


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()
