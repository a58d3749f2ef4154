"""The status page: what it tells, to whom, and that names from elsewhere stay names."""

import base64
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from bridge.core.change import Skip, SkipKind
from bridge.core.journal import Recollection, Record
from bridge.core.sight import Feed
from tests.store.stores import NOON
from tests.web.site import CUT, JOB, fill_badly, fill_well, let_run, served, sight

TOKEN = "a token of enough letters"
PATHS = ("/", "/groups", "/group?key=Auditors", "/people", "/audit", "/style.css", "/icon.svg")
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% include 'base.html' %}",
    "&lt;b&gt; & <b>",
    "javascript:alert(1)",
)


def words(html: str) -> str:
    """What stands on a page, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_when_nothing_is_to_be_done_the_page_says_so_first(tmp_path: Path) -> None:
    """An operator sees in the heading and in the tab whether all is well."""
    with served(tmp_path) as page:
        fill_well(page.kept)
        status, html = page.ask()
        assert status == 200
        assert '<h1 id="verdict">All is well</h1>' in html
        assert "<title>All is well" in html
        assert "What to do" not in html
        assert "Last complete run 6 min ago · next in 9 min" in words(html)


def test_everything_that_needs_a_person_stands_there_with_its_command(tmp_path: Path) -> None:
    """Held, quarantined, unserved, doubted, failed; the approval is ready to be typed."""
    with served(tmp_path) as page:
        fill_badly(page.kept)
        told = words(page.ask()[1])
        (case,) = page.kept.list_held()
        assert "Something is wrong" in told
        assert f"held approve {case.digest[:12]} --reason WHY --config {JOB.config}" in told
        assert "quarantine release Legal" in told
        assert "Risk cannot be served: no group in Hyperproof has this name" in told
        assert CUT in told
        assert "could not do all of it" in told
        assert "user14@corp.example" in told


def test_runs_tell_what_they_changed(tmp_path: Path) -> None:
    """With their figures, and a way to their records."""
    with served(tmp_path) as page:
        let_run(page.kept, 1, Recollection(), added=42, removed=17)
        html = page.ask()[1]
        assert 'href="audit?q=run-1"' in html
        assert "changes applied 42 17" in words(html)


def test_a_group_is_told_with_members_sources_doubts_and_what_is_left_undone(tmp_path: Path) -> None:
    """Everything that a run knew of it."""
    with served(tmp_path) as page:
        fill_badly(page.kept)
        status, html = page.ask("/group?key=Control%20Owners")
        told = words(html)
        assert status == 200
        assert "ann.smith@corp.example" in told
        assert f"puts in 3 {CUT}" in told
        assert "keeps out 3" in told
        assert "no account has the address zoe.adler@corp.example" in told


@pytest.mark.parametrize(
    ("group", "state"),
    [
        ("Auditors", "held"),
        ("Compliance Managers", "as it should be"),
        ("Control Owners", "in doubt"),
        ("Legal", "failing"),
        ("Risk", "not served"),
    ],
)
def test_a_group_that_is_not_as_it_should_be_is_never_told_to_be(tmp_path: Path, group: str, state: str) -> None:
    """Its state says the worst that there is to say."""
    with served(tmp_path) as page:
        fill_badly(page.kept)
        assert f"{group} {state} Members" in words(page.ask(f"/group?key={group.replace(' ', '+')}")[1])


def test_members_are_found_by_their_address(tmp_path: Path) -> None:
    """Also in a group of thousands, which comes in portions."""
    many = tuple(f"user{number:04}@corp.example" for number in range(1000))
    with served(tmp_path) as page:
        let_run(page.kept, 1, Recollection(sights=(sight(1, "All", members=many, size=1000),)))
        assert page.ask("/group?key=All")[1].count("@corp.example</bdi>") == 200
        assert "5 of 5" in words(page.ask("/group?key=All&page=999")[1])
        assert "1 of 1000 user0777@corp.example" in words(page.ask("/group?key=All&q=USER0777")[1])


def test_people_without_an_account_are_told_once_with_all_their_groups(tmp_path: Path) -> None:
    """And why."""
    with served(tmp_path) as page:
        fill_badly(page.kept)
        html = page.ask("/people")[1]
        assert html.count("no account has the address") == 1
        assert "Auditors , Control Owners" in words(html)


def test_the_audits_tail_is_found_by_any_text(tmp_path: Path) -> None:
    """The newest first; a text that is in no record finds none."""
    with served(tmp_path) as page:
        page.kept.record(
            [Record("member.added", NOON, "run-1", {"email": "weiß@corp.example", "group": "Auditors"})]
        )
        fill_well(page.kept)
        assert words(page.ask("/audit")[1]).index("run-3") < words(page.ask("/audit")[1]).index("run-1")
        found = words(page.ask("/audit?q=wei%C3%9F%40corp")[1])
        assert "1 record with" in found
        assert "member.added" in found
        assert "No record with" in words(page.ask("/audit?q=nothing+of+the+kind")[1])


def test_a_page_of_the_audit_looks_through_so_many_records_and_leads_further_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that is in no record keeps no database busy for long; what lies further back is found too."""
    monkeypatch.setattr("bridge.web.pages.LOOKED_AT", 10)
    with served(tmp_path) as page:
        page.kept.record(
            [Record("member.added", NOON, "run", {"group": f"G{number:03}"}) for number in range(1, 26)]
        )
        path, seen = "/audit?q=G003", []
        while path:
            html = page.ask(path)[1]
            seen.append(words(html))
            link = re.search(r'href="(audit\?before=[^"]+)">Look further back', html)
            path = f"/{unescape(link[1])}" if link else ""
        assert len(seen) == 3
        assert "No record with" in seen[0]
        assert "back to No. 16" in seen[0]
        assert "1 record with" in seen[2]
        for wrong in ("x", "-1", "0", "9" * 40):
            assert "G025" in words(page.ask(f"/audit?before={wrong}")[1])


def test_a_full_page_of_the_audit_goes_on_where_it_ends(tmp_path: Path) -> None:
    """With the next older record."""
    with served(tmp_path) as page:
        page.kept.record([Record("member.added", NOON, f"run-{number}", {}) for number in range(1, 151)])
        first = page.ask("/audit")[1]
        assert "The newest 100 records, back to No. 51" in words(first)
        assert 'href="audit?before=51"' in first
        second = words(page.ask("/audit?before=51")[1])
        assert "50 records" in second
        assert "Look further back" not in second


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_shown_and_does_nothing(tmp_path: Path, name: str) -> None:
    """Whether of a group, a person, a directory group, a doubt or a record: the page has no more tags for it."""
    with served(tmp_path) as page:
        for number, text in enumerate(("plain", name), 1):
            skips = (Skip(SkipKind.AMBIGUOUS, text, text), Skip(SkipKind.GROUP, text, text))
            feeds = (Feed(text, text, 1, excluding=False, doubts=(text,)),)
            seen = sight(number, text, key="k", skips=skips, feeds=feeds, doubts=(text,), members=(text,))
            facts = {"group": text, "email": text, text: text}
            let_run(page.kept, number, Recollection(sights=(seen,)))
            page.kept.record([Record("member.added", NOON, text, facts)])
            pages = [page.ask(path)[1] for path in ("/", "/groups", "/group?key=k", "/people", "/audit?q=member")]
            if number == 1:
                plain = [re.findall(r"<[a-z]+", html) for html in pages]
        tags = [re.findall(r"<[a-z]+", html) for html in pages]
        assert [set(one) for one in tags] == [set(one) for one in plain]
        for html in pages:
            assert not re.search(r"<script|onerror=(?!alert\(1\)&gt;)|<img src=x|href=.javascript:", html)
            assert "7 * 7" in html or "7 * 7" not in name


def test_what_is_asked_is_no_more_trusted_than_names(tmp_path: Path) -> None:
    """It comes back in the form, as text."""
    with served(tmp_path) as page:
        fill_well(page.kept)
        for path in ("/audit?q=", "/groups?q=", "/people?q=", "/group?key=Legal&q=", "/group?key="):
            assert "<script" not in page.ask(f"{path}%3Cscript%3E%22%3E%3Cscript%3E")[1]


def test_letters_that_turn_or_hide_others_are_shown_as_what_they_are(tmp_path: Path) -> None:
    """A name must not look like another."""
    with served(tmp_path) as page:
        let_run(page.kept, 1, Recollection(sights=(sight(1, "Aud\u202etiro\u0000s"),)))
        assert r"Aud\u202etiro\x00s" in page.ask()[1]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_strict_headers(tmp_path: Path, path: str) -> None:
    """Nothing from elsewhere, no script, no frame, no guessing, no copy kept."""
    with served(tmp_path) as page:
        fill_well(page.kept)
        assert page.ask(path)[0] == 200
        policy = page.answers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "script" not in policy
        assert page.answers["X-Frame-Options"] == "DENY"
        assert page.answers["X-Content-Type-Options"] == "nosniff"
        assert page.answers["Cache-Control"] == "no-store"
        assert page.answers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", PATHS)
def test_nobody_reads_without_the_token(tmp_path: Path, path: str) -> None:
    """A browser is asked for it as a password, a program shows it as it is. A wrong one tells nothing."""
    with served(tmp_path, token=TOKEN) as page:
        fill_well(page.kept)
        status, told = page.ask(path)
        assert status == 401
        assert "Auditors" not in told
        assert page.answers.get_all("WWW-Authenticate") == [
            "Bearer",
            'Basic realm="Hyperproof Bridge", charset="UTF-8"',
        ]
        assert page.ask(path, {"Authorization": f"Bearer {TOKEN}"})[0] == 200
        assert page.ask(path, {"Authorization": f"Basic {_basic(f'any:{TOKEN}')}"})[0] == 200
        for wrong in (
            f"Basic {_basic(f'any:{TOKEN}x')}",
            f"Basic {_basic(TOKEN)}",
            "Basic %%%",
            "Basic /w==",
            "Digest x",
        ):
            assert page.ask(path, {"Authorization": wrong})[0] == 401


def _basic(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_page_from_elsewhere_cannot_read_it_under_its_own_name(tmp_path: Path) -> None:
    """DNS can be made to point here; the name that the browser then gives is not this machine's."""
    with served(tmp_path) as page:
        fill_well(page.kept)
        assert page.ask("/", {"Host": "evil.example"})[0] == 401


def test_a_store_that_cannot_be_read_is_told_of(tmp_path: Path) -> None:
    """An error never looks like all being well."""
    with served(tmp_path) as page:
        fill_well(page.kept)
        page.kept.close()
        (tmp_path / "bridge.db").write_bytes(b"no database " * 1000)
        status, html = page.ask()
        assert status == 503
        assert "The store cannot be read" in html
        assert "All is well" not in html


def test_a_refused_configuration_and_a_rehearsal_are_told_first(tmp_path: Path) -> None:
    """Neither is what an operator takes it for at a glance."""
    with served(tmp_path, replace(JOB, refusal="line 3: no such key", apply=False)) as page:
        fill_well(page.kept)
        told = words(page.ask()[1])
        assert "Something is wrong" in told
        assert "line 3: no such key" in told
        assert "rehearsing: nothing is written" in told


def test_an_unknown_group_is_not_found(tmp_path: Path) -> None:
    """And says how to find it."""
    with served(tmp_path) as page:
        assert page.ask("/group?key=none")[0] == 404


def test_the_page_only_reads(tmp_path: Path) -> None:
    """There is nothing to send to it."""
    with served(tmp_path) as page:
        fill_badly(page.kept)
        html = page.ask()[1]
        assert "<script" not in html
        assert set(re.findall(r'method="(\w+)"', page.ask("/groups")[1])) == {"get"}
