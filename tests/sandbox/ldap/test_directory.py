from pathlib import Path

import pytest

from bridge.sandbox.ldap import Directory, DirectoryError, NoSuchEntryError, Scope
from bridge.sandbox.ldap.filters import Present

GROUP = "cn=g,dc=x"
ANNA = "uid=anna,dc=x"


@pytest.fixture
def directory() -> Directory:
    """One person, and a group of that person and one who is gone."""
    made = Directory()
    made.add("dc=x", {"objectClass": ["domain"]})
    made.add(ANNA, {"objectClass": ["person"], "cn": ["Anna"]})
    made.add(GROUP, {"objectClass": ["groupOfNames"], "member": ["UID=Anna, dc=x", "uid=gone,dc=x"]})
    return made


def uuid_of(directory: Directory, dn: str) -> tuple[bytes, ...]:
    """The generated identity of an entry."""
    return directory.get(dn).values("entryUUID")


def test_values_are_told_apart_by_meaning(directory: Directory) -> None:
    """Adding a member that is there in other words changes nothing; removing it in other words takes it out."""
    directory.add_values(GROUP, "member", [ANNA, "uid=bert,dc=x"])
    assert directory.get(GROUP).values("member") == (b"UID=Anna, dc=x", b"uid=gone,dc=x", b"uid=bert,dc=x")
    directory.remove_values(GROUP, "member", ["UID=ANNA,DC=X", "uid=nobody,dc=x"])
    assert directory.get(GROUP).values("member") == (b"uid=gone,dc=x", b"uid=bert,dc=x")


def test_no_values_no_attribute(directory: Directory) -> None:
    """An attribute that loses its last value is gone, and comes back when it gets one."""
    directory.modify(ANNA, "cn", [])
    assert directory.search("dc=x", Scope.SUBTREE, Present("cn")) == ()
    directory.modify(ANNA, "cn", ["Anna S."])
    assert directory.get(ANNA).values("cn") == (b"Anna S.",)


def test_deleting(directory: Directory) -> None:
    """A deleted entry is gone; groups keep its name unless it is unlinked from them."""
    with pytest.raises(DirectoryError, match="below"):
        directory.delete("dc=x")
    directory.delete(ANNA, unlink=True)
    assert directory.get(GROUP).values("member") == (b"uid=gone,dc=x",)
    directory.add("uid=gone,dc=x", {"cn": ["Gone"]})
    directory.delete("uid=gone,dc=x")
    assert directory.get(GROUP).values("member") == (b"uid=gone,dc=x",)


def test_who_comes_again_is_another(directory: Directory) -> None:
    """An identity survives changes, is the same for the same history, and is new for an entry added again."""
    first = uuid_of(directory, ANNA)
    directory.modify(ANNA, "cn", ["A."])
    assert uuid_of(directory, ANNA) == first
    directory.delete(ANNA)
    directory.add(ANNA, {"cn": ["Anna"]})
    second = uuid_of(directory, ANNA)
    assert second != first
    twin = Directory()
    twin.add("dc=x", {})
    twin.add(ANNA, {})
    assert uuid_of(twin, ANNA) == first


def test_names_that_a_server_would_refuse(directory: Directory) -> None:
    """No second entry of a name, none without a parent, none without a name."""
    with pytest.raises(DirectoryError, match="already"):
        directory.add("DC=X", {})
    with pytest.raises(NoSuchEntryError) as missing:
        directory.add("cn=a,ou=none,dc=x", {})
    assert missing.value.matched == "dc=x"
    with pytest.raises(DirectoryError):
        directory.add("", {})
    for change in (directory.get, directory.delete):
        with pytest.raises(NoSuchEntryError):
            change("cn=none,dc=x")


def test_naming_contexts(directory: Directory) -> None:
    """Every entry at a top of its own is a naming context."""
    directory.add("o=Other", {"o": ["Other"]})
    assert directory.naming_contexts == ("dc=x", "o=Other")


def test_ldif_there_and_back(directory: Directory, tmp_path: Path) -> None:
    """What is written as LDIF is the same directory when it is loaded, with the identities."""
    path = tmp_path / "x.ldif"
    path.write_text(directory.to_ldif(), "utf-8")
    assert list(Directory.from_file(path)) == list(directory)
    assert len(directory) == 3


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope.BASE, ["dc=x"]),
        (Scope.ONE, [ANNA, GROUP]),
        (Scope.SUBTREE, ["dc=x", ANNA, GROUP]),
        (Scope.CHILDREN, [ANNA, GROUP]),
    ],
)
def test_scopes(directory: Directory, scope: Scope, expected: list[str]) -> None:
    """Each scope reaches so far below its base."""
    assert [entry.dn for entry in directory.search("dc=x", scope, Present("objectClass"))] == expected
