"""A configuration that is written for somebody says what it was told to say, whatever is in the names."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.config import load
from bridge.config.document import Plain, read_document
from bridge.config.groups import ManagedGroup
from bridge.config.writing import Draft, Written, can_stand
from tests.config.files import ENVIRON

HYPERPROOF: dict[str, Plain] = {
    "region": "us",
    "client_id": "${env:CLIENT_ID}",
    "client_secret": "${env:CLIENT_SECRET}",
}
CORP: dict[str, Plain] = {
    "type": "ldap",
    "preset": "openldap",
    "servers": ["ldaps://ldap.corp.example"],
    "bind": {"user": "cn=bridge", "password": "${env:PASSWORD}"},
    "base_dn": "dc=corp,dc=example",
}
NASTY = (
    '"', "'", ":", ": ", "#", " #", "\n", "\t", "${", "${env:HOME}", "}", "{", "[", ",", "\\", "\\n", "- ", "? ",
    "&a", "*a", "!", "|", ">", "%", "@", "`", "~", "null", "yes", "no", "1e3", "0x1", "1_000", "2026-01-01", "=",
    "<<", "é", "\u2028", "\ufeff", "\x85", "\x07", "\U0001f600", "\ue000",
)  # fmt: skip
"""What means something to YAML, to a terminal, or to us."""


def encodes(text: str) -> bool:
    """Whether a file can hold it at all."""
    return text.encode(errors="replace").decode() == text


TEXTS = st.one_of(
    st.lists(st.sampled_from((*NASTY, "a", "B", " ", "3")), max_size=6).map("".join),
    st.text(max_size=20),
)


def draft(name: str = "Auditors", group: Plain = "auditors", remark: str = "") -> Draft:
    """A draft with one group, the same once more as a suggestion."""
    entry: dict[str, Plain] = {"name": name, "members": {"corp": group}}
    written = (Written(entry, remark),)
    return Draft(HYPERPROOF, {"corp": CORP}, written, written, {"path": "bridge.db"}, {"file": "audit.jsonl"})


@given(TEXTS.filter(encodes), TEXTS.filter(encodes), TEXTS)
def test_what_is_written_is_read_back(name: str, group: str, remark: str) -> None:
    """Every value, and nothing else; comments hold whatever they are about in one line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bridge.yaml"
        made = draft(name, {"name": group}, remark.encode(errors="replace").decode())
        path.write_text(made.text(), encoding="utf-8", newline="")
        document = read_document(path)
    assert document.data == made.data
    assert document.flaws == ()


@given(TEXTS.filter(can_stand), TEXTS.filter(can_stand))
def test_what_can_stand_means_itself_to_the_bridge(name: str, group: str) -> None:
    """The configuration loads, and its names are the very names."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bridge.yaml"
        path.write_text(draft(name, {"name": group}).text(), encoding="utf-8", newline="")
        (entry,) = load(path, ENVIRON).groups
    assert isinstance(entry, ManagedGroup)
    assert entry.name == name
    assert entry.members.choices["corp"].name == group


@pytest.mark.parametrize("text", ["", " a", "a ", "a\nb", "a\x7f", "${env:HOME}", "a ${", "\udc80"])
def test_what_cannot_stand_is_known(text: str) -> None:
    """A configuration would trim it, refuse it, or take it for a reference."""
    assert not can_stand(text)


def test_suggestions_are_taken_up_by_taking_the_marks_away(tmp_path: Path) -> None:
    """They stand below the groups, indented as these are."""
    path = tmp_path / "bridge.yaml"
    text = draft("Risk: Owners", remark="remarkable").text()
    suggestion = text[text.index("#   - name") :].splitlines()[:2]
    path.write_text(text.replace("\n".join(suggestion), "\n".join(line.removeprefix("# ") for line in suggestion)))
    groups = read_document(path).data["groups"]
    assert isinstance(groups, list)
    assert groups[0] == groups[1]


def test_a_new_configuration_only_plans(tmp_path: Path) -> None:
    """Nobody has seen a plan yet."""
    path = tmp_path / "bridge.yaml"
    path.write_text(draft().text())
    loaded = load(path, ENVIRON)
    assert not loaded.apply
    assert loaded.store.path == tmp_path / "bridge.db"
    assert loaded.audit.file == tmp_path / "audit.jsonl"
