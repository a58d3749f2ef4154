import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sources.file.ldif import LdifError, comments, entries
from bridge.sources.ldap.entry import Entry

ANN = "dn: uid=ann,dc=x\nmail: ann@example.test\n"


def read(text: str | bytes) -> list[Entry]:
    """The entries of a text."""
    return [entry for _, entry in entries(text if isinstance(text, bytes) else text.encode())]


def test_an_entry_is_its_name_and_its_values() -> None:
    """Attribute names are in lower case, values as they stand, in their order."""
    text = "dn: uid=ann,dc=x\nCN: Ann\nmail: b@x\ncn;lang-en: Anne\nmail:   a@x\nseeAlso:\n"
    assert read(text) == [
        Entry(
            b"uid=ann,dc=x",
            {"cn": [b"Ann"], "mail": [b"b@x", b"a@x"], "cn;lang-en": [b"Anne"], "seealso": [b""]},
        )
    ]


@pytest.mark.parametrize(
    "text", [f"version: 1\n\n{ANN}", f"version: 1\n{ANN}", ANN, f"\n\n{ANN}\n\n", f"# x\n{ANN}"]
)
def test_a_version_may_stand_in_front(text: str) -> None:
    """With an empty line behind it or without; and ldapsearch -LLL leaves it out."""
    assert read(text) == [Entry(b"uid=ann,dc=x", {"mail": [b"ann@example.test"]})]


def test_each_page_may_begin_with_the_version() -> None:
    """As ldapsearch writes the pages of a search, one behind the other."""
    pages = f"version: 1\n\n{ANN}\n# pagedresults: cookie=Cg==\nversion: 1\n\n{ANN.replace('ann', 'bob')}"
    assert [entry.dn for entry in read(pages)] == [b"uid=ann,dc=x", b"uid=bob,dc=x"]
    with pytest.raises(LdifError, match="line 6 tells a version of LDIF other than 1"):
        read(f"version: 1\n\n{ANN}\nversion: 2\n\n{ANN}")


def test_long_lines_are_folded() -> None:
    """A line that begins with a space goes on, in a name, in base64 and in a comment; line ends may be CRLF."""
    text = "# not\n  an attribute: x\ndn: uid=an\n n,dc=x\nmail:: YW5uQ\n GV4\ncn: Ann\n  Smith\n"
    wanted = [Entry(b"uid=ann,dc=x", {"mail": [b"ann@ex"], "cn": [b"Ann Smith"]})]
    assert read(text) == read(text.replace("\n", "\r\n")) == wanted


def test_a_comment_may_stand_within_an_entry() -> None:
    """It ends no entry."""
    assert read("dn: uid=ann,dc=x\n# mail: no@x\nmail: ann@example.test\n") == read(ANN)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"version: 2\n\n{ANN}", "line 1 tells a version of LDIF other than 1"),
        ("mail: x\n", "line 1 should begin an entry with its dn"),
        (
            f"{ANN}\nsearch: 2\nresult: 0 Success\n",
            "line 4 should begin an entry with its dn; of ldapsearch use -LLL",
        ),
        ("dn:\nmail: x\n", "line 1 should begin"),
        (f"{ANN}dn: uid=bob,dc=x\nmail: x\n", "line 3 begins an entry without an empty line"),
        ("dn: uid=ann,dc=x\nchangetype: modify\nadd: mail\nmail: x\n-\n", "line 2 is of a change"),
        ("dn: uid=ann,dc=x\ncontrol: 1.2.3 true\nchangetype: delete\n", "line 2 is of a change"),
        (f"{ANN}-\n", "line 3 is not an attribute and its value"),
        (f"{ANN}photo:< file:///etc/passwd\n", "line 3 names the place of a value"),
        (f"{ANN}cn:: ?\n", "line 3 is not base64"),
        (f"{ANN}cn:: QW5\n", "line 3 is not base64"),
        (f"{ANN}Ann Smith\n", "line 3 is not an attribute and its value"),
        (f"{ANN}cn smith: x\n", "line 3 is not an attribute and its value"),
        (f"{ANN}\n  goes on\n", "line 4 continues no line"),
        (" x\n", "line 1 continues no line"),
    ],
)
def test_anything_else_is_an_error(text: str, fault: str) -> None:
    """Changes, values elsewhere, half entries, other words: nothing is skipped, and the line is named."""
    with pytest.raises(LdifError) as caught:
        read(text)
    assert str(caught.value).startswith(fault)


def test_an_entry_may_show_nothing() -> None:
    """As ldapsearch writes one of which the service account may see the name alone."""
    assert read("dn: uid=ann,dc=x\n\ndn: uid=bob,dc=x\n") == [
        Entry(b"uid=ann,dc=x", {}),
        Entry(b"uid=bob,dc=x", {}),
    ]


def test_comments_can_be_read() -> None:
    """Unfolded: ldapsearch notes in them what it did not fetch."""
    assert list(comments(f"# refldap://x\n /dc=y\n{ANN}#last\n".encode())) == ["refldap://x/dc=y", "last"]


NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,5}", fullmatch=True).filter(
    lambda name: name not in {"dn", "changetype", "control", "version"}
)
ENTRIES = st.lists(
    st.tuples(
        st.binary(min_size=1).filter(bytes.strip),
        st.dictionaries(NAMES, st.lists(st.binary(), min_size=1, max_size=3), min_size=1),
    )
)


@given(ENTRIES, st.integers(2, 80))
def test_whatever_is_written_is_read(world: list[tuple[bytes, dict[str, list[bytes]]]], width: int) -> None:
    """Any names and values, of any bytes, in lines of any length."""
    blocks = []
    for dn, attributes in world:
        pairs = [("dn", dn), *((name, value) for name, values in attributes.items() for value in values)]
        blocks.append(
            "".join(folded(f"{name}:: {base64.b64encode(value).decode()}", width) for name, value in pairs)
        )
    assert read("version: 1\n\n" + "\n".join(blocks)) == [Entry(dn, attributes) for dn, attributes in world]


def folded(line: str, width: int) -> str:
    """A line in pieces of this many characters."""
    first, rest = line[:width], line[width:]
    pieces = [rest[start : start + width - 1] for start in range(0, len(rest), width - 1)]
    return "\n ".join([first, *pieces]) + "\n"
