"""The report's file: names stay names, nothing is loaded, nothing is run."""

import html
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.cli.screen import shown
from bridge.core.change import Skip, SkipKind
from bridge.core.journal import Recollection
from bridge.report.page import page
from tests.report.kept import auditors, kept, let_run, put_in, stated, taken_out

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% include 'group.html' %}",
    "javascript:alert(1)",
    "evil\u202egpj.exe",
    "zero\u200bwidth\x1b[31m\x00",
    "long" * 500,
)


def written_page(folder: Path, name: str) -> str:
    """A report in which a name from elsewhere stands wherever one can."""
    with kept(folder) as store:
        skip = Skip(SkipKind.NO_ACCOUNT, name, name)
        other = Skip(SkipKind.PROTECTED, name, name)
        sight = auditors(name, name=name, doubts=(name,), skips=(skip, other))
        gone = put_in("bo", email=name, account="gone", group=name)
        let_run(store, 1, put_in("ann", email=name, group=name), taken_out("cy", email=name, group=name), gone,
                left=Recollection(sights=(sight,)))  # fmt: skip
        let_run(store, 2, put_in("di", run="run-2", email=name, by=name), kind="by hand")
        return "".join(page(stated(store, folder)))


TAGS = frozenset(
    tag
    for template in Path("bridge/report/templates").glob("*.html")
    for tag in re.findall(r"<([a-z0-9]+)", template.read_text())
)
"""All that the templates have."""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text(tmp_path: Path, name: str) -> None:
    """It makes no tag, no attribute, and no letter that hides or turns others."""
    text = written_page(tmp_path, name)
    body = text.partition("</style>")[2]
    assert set(re.findall(r"<([a-zA-Z0-9]+)", body)) <= TAGS
    assert not re.search(r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", text)
    assert "on" not in {attribute[:2] for attribute in re.findall(r"\s([a-z-]+)=\"", body)}
    assert text.count("</style>") == 1


@settings(max_examples=25, deadline=None)
@given(name=st.text(min_size=1, max_size=40).filter(lambda text: text.strip() == text and "@" not in text))
def test_any_name_stands_there_as_it_is_seen(name: str) -> None:
    """Escaped and nothing else: what is read in a browser is the name."""
    with TemporaryDirectory() as folder:
        text = written_page(Path(folder), name)
    found = {html.unescape(one) for one in re.findall(r"<bdi>([^<]*)</bdi>", text)}
    assert shown(name).plain in found


def test_it_stands_alone(tmp_path: Path) -> None:
    """Not a script, not an address of anything, and a policy that forbids both."""
    text = written_page(tmp_path, "Auditors")
    assert not re.search(r"<(script|img|link|iframe|object|form|base)\b", text)
    assert not re.search(r"url\(|@import|https?://", text)
    assert "default-src &#39;none&#39;" in text
    assert set(re.findall(r'href="(.)', text)) == {"#"}


def test_it_says_what_it_rests_on(tmp_path: Path) -> None:
    """The chain's end, the mapping in words, the lists, the time zone and the version."""
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", written_page(tmp_path, "Auditors").partition("</style>")[2]))
    told = html.unescape(text)
    assert "The audit chain is sound: 8 records, all verified" in told
    assert "(everybody in the group auditors of corp or everybody in the group cn=deputies" in told
    assert "but nobody who is in the group leave of corp" in told
    assert "break.glass@corp.example" in told
    assert "robot@corp.example" in told
    assert "kept at ann@corp.example" in told
    assert "Europe/Berlin" in told
    assert "2026-03-01 13:00" in told
