"""Puts LDIF into a Samba's database. Run by the system's own python3, which has Samba's modules.

    /usr/bin/python3 -I samba_fill.py SMB_CONF < LDIF

Records are entries, or changes with a changetype. Entries may name what comes later: `member` is put in when all
are there, and `primaryGroupID` last of all. That one is the group's DN here, since only the server knows the
number; the account is made a member first, as Active Directory wants it.
"""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

_AT_A_TIME = 250
"""Records in one transaction: one for thousands is slow, and so is one for each."""


def main(configuration: str) -> None:
    """Fill the database that this smb.conf belongs to."""
    parameters = LoadParm()
    parameters.load(configuration)
    parameters.set("ldb:nosync", "true")
    database = SamDB(session_info=system_session(parameters), lp=parameters)
    records = list(database.parse_ldif(sys.stdin.read()))
    entries = [message for change, message in records if change != ldb.CHANGETYPE_MODIFY]
    members = list(_taken(entries, "member"))
    primary = [(account, group) for account, groups in _taken(entries, "primaryGroupID") for group in groups]
    members += [(ldb.Dn(database, str(group)), [str(account)]) for account, group in primary]
    _apply(database, records)
    _apply(database, (_change(dn, "member", values, ldb.FLAG_MOD_ADD) for dn, values in members))
    _apply(
        database,
        (
            _change(account, "primaryGroupID", [_number(database, str(group))], ldb.FLAG_MOD_REPLACE)
            for account, group in primary
        ),
    )


def _taken(entries: Iterable[Any], name: str) -> Iterator[tuple[Any, list[Any]]]:
    for entry in entries:
        if name in entry:
            yield entry.dn, list(entry[name])
            entry.remove(name)


def _change(dn: Any, name: str, values: list[Any], flag: int) -> tuple[int, Any]:  # noqa: ANN401 - Samba has no types
    message = ldb.Message(dn)
    message[name] = ldb.MessageElement(values, flag, name)
    return ldb.CHANGETYPE_MODIFY, message


def _number(database: Any, group: str) -> str:  # noqa: ANN401 - as above
    (found,) = database.search(group, ldb.SCOPE_BASE, attrs=["primaryGroupToken"])
    return str(found["primaryGroupToken"])


def _apply(database: Any, records: Iterable[tuple[int, Any]]) -> None:  # noqa: ANN401 - as above
    waiting = list(records)
    while waiting:
        database.transaction_start()
        for change, message in waiting[:_AT_A_TIME]:
            try:
                database.modify(message) if change == ldb.CHANGETYPE_MODIFY else database.add(message)
            except ldb.LdbError as error:
                database.transaction_cancel()
                sys.exit(f"{message.dn}: {error}")
        database.transaction_commit()
        del waiting[:_AT_A_TIME]


main(sys.argv[1])
