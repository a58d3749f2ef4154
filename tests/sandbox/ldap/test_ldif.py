import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sandbox.ldap.ldif import LdifError, read_ldif, write_ldif


def test_folded_lines_comments_and_base64() -> None:
    """Lines go on after a space, comments fall away, and `::` is base64."""
    text = "version: 1\n\n# a comment\n  that goes on\ndn: cn=x,\n dc=y\r\nCN: a\n b\ncn:: w6k=\nsn:\n\n\n"
    assert list(read_ldif(text)) == [("cn=x,dc=y", {"CN": [b"ab", "é".encode()], "sn": [b""]})]


@pytest.mark.parametrize(
    "text",
    [
        "cn: x\n",
        "dn: cn=x\nchangetype: modify\nreplace: cn\n",
        "dn: cn=x\nno colon\n",
        "dn: cn=x\njpegPhoto:< file:///etc/hostname\n",
        "dn: cn=x\ncn:: not base64\n",
    ],
)
def test_text_that_is_not_content(text: str) -> None:
    """Changes, files and broken lines are errors that name the line."""
    with pytest.raises(LdifError, match="line 1"):
        list(read_ldif(text))


@given(
    st.dictionaries(
        st.sampled_from(["cn", "sn", "jpegPhoto;x-small"]),
        st.lists(st.binary(max_size=20), min_size=1, max_size=3),
        max_size=3,
    )
)
def test_what_is_written_is_read(attributes: dict[str, list[bytes]]) -> None:
    """Any values survive being written and read."""
    entries = [("cn=Zoë,dc=x", attributes), ("cn=b", {"cn": [b"b"]})]
    assert list(read_ldif(write_ldif(entries))) == entries
