"""Every record is a line of CEF that a reader by its rules takes apart again."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.audit.cef import cef_event, cef_line
from bridge.audit.events import MEANING, Event
from tests.audit.chains import MemoryLedger, record
from tests.audit.samples import FACTS, sample_chain


def read(line: str) -> tuple[list[str], dict[str, str]]:
    """Header and extension, by the rules: what has a backslash before it separates nothing."""
    *header, extension = re.split(r"\|", _hidden(line), maxsplit=7)
    keys = list(re.finditer(r"(?:^| )([A-Za-z0-9]+)=", extension))
    ends = [key.start() for key in keys[1:]] + [len(extension)]
    fields = {key[1]: _shown(extension[key.end() : end]) for key, end in zip(keys, ends, strict=True)}
    return [_shown(part) for part in header], fields


def _hidden(line: str) -> str:
    """The line with what is escaped put out of the way."""
    return re.sub(r"\\(.)", lambda match: f"\ue000{ord(match[1]):06x}", line)


def _shown(text: str) -> str:
    plain = {"n": "\n", "r": "\r"}
    return re.sub(
        r"\ue000([0-9a-f]{6})", lambda match: plain.get(chr(int(match[1], 16)), chr(int(match[1], 16))), text
    )


def of(name: str, **facts: str) -> tuple[list[str], dict[str, str]]:
    """What a reader finds in the event of a record."""
    ledger = MemoryLedger()
    ledger.append(record(name, 0, "run-1", **facts))
    return read(cef_line(ledger.rows[0].line))


@pytest.mark.parametrize("line", sample_chain(), ids=list(Event))
def test_every_record_is_an_event(line: str) -> None:
    """With its name, its sentence, its number, its time and its hash."""
    told = json.loads(line)
    header, fields = read(cef_line(line))
    assert header[:3] == ["CEF:0", "Hyperproof Bridge", "Hyperproof Bridge"]
    assert header[4:6] == [told["event"], MEANING[Event(told["event"])]]
    assert header[6] in {"3", "5", "7"}
    assert (fields["externalId"], fields["rt"], fields["cs6"]) == (str(told["seq"]), "1772366400000", told["hash"])
    assert fields["cs6Label"] == "hash"


def test_who_is_put_where_by_whom() -> None:
    """In the format's own words, or in labelled ones."""
    _, fields = of(
        "member.added", account="acc-1", email="a@x", group="G", group_id="g", by="Olga", cause="by hand"
    )
    assert (fields["duid"], fields["duser"], fields["suser"], fields["outcome"]) == (
        "acc-1",
        "a@x",
        "Olga",
        "success",
    )
    assert (fields["cs1Label"], fields["cs1"], fields["cs2"], fields["cs4"]) == ("group", "G", "g", "by hand")
    assert "cs3" not in fields


@pytest.mark.parametrize(
    ("name", "outcome", "severity"),
    [
        (Event.MEMBER_ADDED, "success", "3"),
        (Event.CHANGE_FAILED, "failure", "7"),
        (Event.CHANGE_UNCONFIRMED, "unknown", "7"),
        (Event.CHANGE_HELD, "unknown", "5"),
    ],
)
def test_how_it_ended_and_how_much_it_matters(name: Event, outcome: str, severity: str) -> None:
    """As the documentation's table says."""
    ledger = MemoryLedger()
    ledger.append(record(name, 0, "run-1", **FACTS[name]))
    header, fields = read(cef_line(ledger.rows[0].line))
    assert (fields["outcome"], header[6]) == (outcome, severity)


def test_what_separates_is_escaped() -> None:
    """A pipe in the header and an equals sign in the extension alone; a backslash in both."""
    raw = cef_event({"event": "a|b\\c=d", "at": "2026-03-01T12:00:00Z", "seq": 1, "run": "r", "organization": "o",
                     "group": "a|b\\c=d\r\ne\rf", "reason": "x"})  # fmt: skip
    assert "|a\\|b\\\\c=d|" in raw
    assert " cs1=a|b\\\\c\\=d\\ne\\rf " in raw


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\u2028", "\u202e", "\ufeff", "\x85"])
def test_what_cannot_be_seen_is_shown(sign: str) -> None:
    """No name turns, hides or ends a line."""
    _, fields = of("member.added", group=f"a{sign}b")
    assert fields["cs1"] == f"a<U+{ord(sign):04X}>b"


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"])))
def test_every_name_is_read_back(name: str) -> None:
    """Whatever is in it, an event in itself too."""
    _, fields = of("member.added", group=name, reason="why", email=f"{name}@x")
    assert (fields.get("cs1", ""), fields["reason"], fields["duser"]) == (name, "why", f"{name}@x")


@given(st.text())
def test_every_event_is_one_line(name: str) -> None:
    """However many lines a name has."""
    ledger = MemoryLedger()
    ledger.append(record(group=name, reason=name))
    assert len(cef_line(ledger.rows[0].line).splitlines()) == 1
