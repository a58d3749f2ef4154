"""What people and groups show is text."""

from bridge.sources.ldap.people import text_of


def test_what_is_no_text_is_replaced() -> None:
    """Broken UTF-8, and NUL, which PostgreSQL keeps in no text: one such name would stop every run."""
    assert text_of(b" au\xffdit\x00 ") == "au\ufffddit\ufffd"
