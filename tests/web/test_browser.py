"""The status page in a real Chromium: nothing is blocked, nothing overflows, everybody can read it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from bridge.core.journal import Recollection
from tests.web.site import fill_badly, fill_well, let_run, served, sight

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PATHS = ("/", "/group?key=Control+Owners", "/people", "/audit")
CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, once for all tests here."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield running
        running.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_every_page_keeps_the_rules_of_accessibility(
    tmp_path: Path, browser: Browser, scheme: str, width: int
) -> None:
    """All of axe's rules, in both colours; and no page is wider than the window."""
    with served(tmp_path) as site:
        fill_badly(site.kept)
        page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]  # one of its words
        faults: list[str] = []
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("requestfailed", lambda request: faults.append(request.url))
        for path in PATHS:
            page.goto(site.address + path)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
            assert page.evaluate("document.styleSheets[0].cssRules.length") > 50, path
            told = Axe().run(page).response["violations"]
            assert [(one["id"], one["nodes"][0]["html"]) for one in told] == [], path
        assert faults == []
        page.close()


def test_a_hostile_name_runs_nothing(tmp_path: Path, browser: Browser) -> None:
    """It is there to be read, and that is all."""
    name = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
    with served(tmp_path) as site:
        let_run(site.kept, 1, Recollection(sights=(sight(1, name, doubts=(name,), members=(name,)),)))
        page = browser.new_page()
        page.goto(site.address)
        assert page.get_by_role("link", name=name).is_visible()
        page.get_by_role("link", name=name).click()
        assert page.locator("h1").inner_text().startswith(name)
        assert page.title().startswith(name)
        assert page.locator("script").count() == 0
        page.close()


def test_a_person_finds_records_from_the_keyboard(tmp_path: Path, browser: Browser) -> None:
    """A form that works under the page's own policy."""
    with served(tmp_path) as site:
        fill_well(site.kept)
        page = browser.new_page()
        page.goto(site.address + "/audit")
        page.get_by_label("Address, group, run").fill("run-2")
        page.keyboard.press("Enter")
        page.wait_for_url("**/audit?q=run-2")
        assert page.get_by_role("status").inner_text().startswith("2 records")
        page.close()


def test_a_browser_is_asked_for_the_token_as_a_password(tmp_path: Path, browser: Browser) -> None:
    """Whatever name it is given with; the page and its style come after one question."""
    with served(tmp_path, token="a token of enough letters") as site:
        fill_well(site.kept)
        page = browser.new_page(http_credentials={"username": "me", "password": "a token of enough letters"})
        page.goto(site.address)
        assert page.get_by_role("heading", level=1).inner_text() == "All is well"
        page.close()
