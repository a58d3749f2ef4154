"""The report in a real Chromium: whoever reads it can, on screen and on paper, and it asks nobody for anything."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from bridge.core.change import Skip, SkipKind
from bridge.core.journal import Recollection
from bridge.report.page import page
from tests.report.kept import auditors, kept, let_run, put_in, stated, taken_out
from tests.store.stores import held_removals
from tests.web.test_browser import CHROMIUM, QUIET

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PEOPLE = [f"person{number:03}" for number in range(150)]
LONG = "x" * 300


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, once for all tests here."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield running
        running.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with everything in it, and with names that go on and on."""
    folder = tmp_path_factory.mktemp("report")
    skips = (
        Skip(SkipKind.NO_ACCOUNT, f"cn={LONG}", f"no account has the address {LONG}@corp.example"),
        Skip(SkipKind.PROTECTED, f"{LONG}@corp.example", "on the keep list"),
    )
    sight = auditors(
        *(f"{who}@corp.example" for who in (*PEOPLE, LONG)), skips=skips, doubts=(f"missing: {LONG}",)
    )
    other = auditors(key=LONG, name=LONG, group_id="g-2")
    with kept(folder) as store:
        moved = [put_in(who) for who in (*PEOPLE, LONG)] + [taken_out("gone"), put_in("missing")]
        let_run(store, 1, *moved, left=Recollection(sights=(sight, other), held=(held_removals(3, "Auditors"),)))
        let_run(store, 2, put_in("by.hand", run="run-2", by="jo"), kind="by hand")
        text = "".join(page(stated(store, folder)))
    path = folder / "report.html"
    path.write_text(text, encoding="utf-8")
    return path


def opened(browser: Browser, file: Path, scheme: str, width: int) -> tuple[Page, list[str]]:
    """The report in a window, and what it asked for or complained of."""
    shown = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]  # one of its words
    heard: list[str] = []
    shown.on("console", lambda message: heard.append(message.text))
    shown.on("pageerror", lambda error: heard.append(str(error)))
    shown.on("request", lambda request: heard.append(request.url))
    shown.goto(file.as_uri())
    return shown, heard


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("dark", 390)])
def test_it_keeps_the_rules_of_accessibility(browser: Browser, file: Path, scheme: str, width: int) -> None:
    """All of axe's rules, in both colours; it is never wider than the window, and asks for nothing but itself."""
    shown, heard = opened(browser, file, scheme, width)
    assert heard == [file.as_uri()]
    assert shown.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert (
        shown.evaluate("getComputedStyle(document.body).margin") == "0px"
    )  # its own policy lets its style through
    told = Axe().run(shown).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in told] == []
    shown.close()


def test_the_two_colours_are_two(browser: Browser, file: Path) -> None:
    """Dark on light, and light on dark; on paper it is always dark on light."""
    ink = "getComputedStyle(document.documentElement).color"
    (light, _), (dark, _) = opened(browser, file, "light", 1280), opened(browser, file, "dark", 1280)
    assert (light.evaluate(ink), dark.evaluate(ink)) == ("rgb(27, 33, 39)", "rgb(229, 233, 236)")
    dark.emulate_media(media="print")
    assert dark.evaluate(ink) == "rgb(0, 0, 0)"
    light.close()
    dark.close()


CUT = """() => [...document.querySelectorAll('main *')].filter(one => {
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    return !one.closest('.unseen') && box.width && (box.right > innerWidth + 1 || box.left < -1
        || (style.overflow !== 'visible' && one.scrollWidth > one.clientWidth + 1));
}).map(one => one.outerHTML.slice(0, 120))"""
"""Whatever reaches beyond the paper, or is cut by what it stands in."""


def test_nothing_is_cut_on_paper(browser: Browser, file: Path) -> None:
    """Not even by names of three hundred letters: the text of an A4 page is 180 mm wide."""
    shown, _ = opened(browser, file, "light", 680)
    shown.emulate_media(media="print")
    assert shown.evaluate(CUT) == []
    shown.close()


def test_it_prints_on_pages_that_can_be_told_apart(browser: Browser, file: Path) -> None:
    """A4, as many as the lists take, with the table's head on each, and no row in two parts."""
    shown, _ = opened(browser, file, "light", 1280)
    made = shown.pdf(prefer_css_page_size=True)
    boxes = set(re.findall(rb"/MediaBox \[([^\]]+)\]", made))
    assert len(re.findall(rb"/Type /Page\b", made)) in range(9, 13)
    assert {tuple(round(float(part)) for part in box.split()) for box in boxes} == {(0, 0, 595, 842)}
    assert shown.evaluate("document.title") == "Access report of acme, 2026-03-01 to 2026-03-31"
    shown.emulate_media(media="print")
    style = "getComputedStyle(document.querySelector('{}')).{}"
    assert shown.evaluate(style.format("thead", "display")) == "table-header-group"
    assert shown.evaluate(style.format("tbody tr", "breakInside")) == "avoid"
    shown.close()


def test_its_contents_lead_there(browser: Browser, file: Path) -> None:
    """Every link is to a heading in the file."""
    shown, _ = opened(browser, file, "light", 1280)
    astray = (
        "[...document.querySelectorAll('a')].filter(a => !document.querySelector(a.getAttribute('href'))).length"
    )
    assert shown.evaluate(astray) == 0
    shown.get_by_role("navigation", name="Contents").get_by_role("link", name="Auditors").click()
    assert shown.evaluate("document.querySelector(':target').textContent").startswith("Auditors")
    shown.close()
