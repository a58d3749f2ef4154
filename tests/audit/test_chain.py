import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.audit.chain import ORIGIN, RESERVED, Tip, canonical, seal, seal_all, unseal
from bridge.core.change import Cause
from bridge.core.journal import JsonValue, Record
from tests.audit.chains import ACME, NOON, record, sealed_chain

scalars = st.none() | st.booleans() | st.integers() | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
facts = st.dictionaries(st.text().filter(lambda key: key not in RESERVED), values, max_size=6)


class TestSealing:
    def test_each_record_names_the_one_before(self) -> None:
        """`prev` of a record is the `hash` of its predecessor, 64 zeros for the first; numbers have no gaps."""
        chain = sealed_chain(5)
        parsed = [json.loads(one.line) for one in chain]
        assert [one["seq"] for one in parsed] == [1, 2, 3, 4, 5]
        assert [one["prev"] for one in parsed] == ["0" * 64, *(one["hash"] for one in parsed[:-1])]

    def test_goes_on_from_any_tip(self) -> None:
        """A chain sealed in two portions is the chain sealed at once."""
        records = [record(minute=n) for n in range(6)]
        first = seal_all(records[:2], ACME, ORIGIN)
        second = seal_all(records[2:], ACME, Tip(first[-1].seq, first[-1].hash))
        assert (*first, *second) == seal_all(records, ACME, ORIGIN)

    def test_the_line_says_all_of_the_record(self) -> None:
        """A line is one JSON object with the facts beside the chain's own keys."""
        sealed = seal(
            Record("member.added", NOON, "run-1", {"cause": Cause.DRIFT, "people": ("corp:1",)}), ACME, ORIGIN
        )
        assert json.loads(sealed.line) == {
            "schema": 1, "seq": 1, "at": "2026-03-01T12:00:00.000000Z", "event": "member.added", "run": "run-1",
            "organization": "acme", "cause": "drift undone", "people": ["corp:1"], "prev": "0" * 64,
            "hash": sealed.hash,
        }  # fmt: skip

    @pytest.mark.parametrize("name", sorted(RESERVED))
    def test_a_fact_cannot_pose_as_the_chain(self, name: str) -> None:
        """No fact may bear the name of one of the chain's own keys."""
        with pytest.raises(ValueError, match=name):
            seal(Record("member.added", NOON, "run-1", {name: 1}), ACME, ORIGIN)

    @given(facts)
    def test_the_hash_is_of_the_canonical_record(self, given_facts: Mapping[str, JsonValue]) -> None:
        """Whatever the facts: the line read, its hash dropped and written canonically is what was hashed."""
        sealed = seal(Record("e", NOON, "r", given_facts), ACME, ORIGIN)
        content = json.loads(sealed.line)
        claimed = content.pop("hash")
        assert (
            claimed
            == sealed.hash
            == hashlib.sha256(canonical(content)).hexdigest()
            == unseal(sealed.line.encode())
        )

    @given(facts)
    def test_a_line_is_one_line_of_utf8(self, given_facts: Mapping[str, JsonValue]) -> None:
        """No text, not even half a surrogate pair, breaks the line or its encoding."""
        line = seal(Record("e", NOON, "r", given_facts), ACME, ORIGIN).line
        assert "\n" not in line
        assert line.encode().decode() == line

    @given(st.binary(min_size=1, max_size=3), st.integers(min_value=0))
    def test_no_changed_byte_keeps_the_hash(self, put: bytes, at: int) -> None:
        """Putting other bytes anywhere into a line is seen from that line alone."""
        line = sealed_chain(1)[0].line.encode()
        where = at % len(line)
        changed = line[:where] + put + line[where + len(put) :]
        assert (unseal(changed) is None) == (changed != line)


class TestCanonicalForm:
    def test_is_sorted_tight_and_readable(self) -> None:
        """Keys sorted at every depth, no spaces, characters as they are."""
        assert (
            canonical({"b": {"z": 1, "a": "ü"}, "a": [True, None]})
            == '{"a":[true,null],"b":{"a":"ü","z":1}}'.encode()
        )

    @pytest.mark.parametrize("value", [0.5, [0.5], {"x": 0.5}, {"x": [{"y": float("nan")}]}, 1.0])
    def test_fractions_are_refused(self, value: JsonValue) -> None:
        """Floating point is written differently elsewhere, so no evidence holds any, at any depth."""
        with pytest.raises(TypeError, match="fraction"):
            canonical({"value": value})

    def test_other_mappings_and_sequences_are_taken(self) -> None:
        """Read-only mappings, tuples and ranges are objects and lists."""
        value: Mapping[str, JsonValue] = MappingProxyType({"a": MappingProxyType({"b": (1, 2)}), "c": range(2)})
        assert canonical(value) == b'{"a":{"b":[1,2]},"c":[0,1]}'

    def test_what_json_lacks_is_refused(self) -> None:
        """A thing that would have to be guessed at is a mistake of ours."""
        with pytest.raises(TypeError, match="datetime"):
            canonical({"at": datetime(2026, 1, 1, tzinfo=UTC)})  # type: ignore[dict-item]  # the mistake

    def test_half_a_surrogate_pair_is_written_as_an_escape(self) -> None:
        """What UTF-8 cannot carry is written as JSON's escape for it, and read back the same."""
        assert canonical({"a": "\ud800"}) == rb'{"a":"\ud800"}'
        assert json.loads(canonical({"a": "\ud800"})) == {"a": "\ud800"}
