"""The status page and the notices of a service that runs: what its runs left, and nothing more asked."""

import json
import re
from datetime import UTC, datetime

import time_machine

from bridge.daemon.herald import Herald
from tests.cli.scene import Scene
from tests.daemon.serving import Serving
from tests.daemon.world import Process
from tests.notices.receivers import listening


def words(html: str) -> str:
    """What stands on a page, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_it_shows_the_company_as_the_run_left_it(service: Serving) -> None:
    """The groups with their members, the run and what it changed; no server was asked."""
    service.scene.hyperproof.clear_log()
    status, html = service.ask("/")
    assert status == 200
    links = set(re.findall(r'href="group\?key=([^"]+)"><bdi>([^<]+)', html))
    assert links
    for link, group in links:
        page = service.ask(f"/group?key={link}")[1]
        assert {m for m in service.scene.hyperproof.organization.member_emails(group) if m not in page} == set()
    assert "every 1 h" in words(html)
    assert service.scene.calls() == []


def test_a_service_tells_that_its_run_failed_and_its_page_says_so_too(company: Scene) -> None:
    """Once, with the remedy; its address is in no figure."""
    with listening() as inbox, time_machine.travel(datetime.now(UTC), tick=True) as travel:
        signing = "a-secret-to-sign-with"
        hook = "notices: {webhook: {url: '${file:hook}', secret: '${file:sign}'}}"
        (company.folder / "hook").write_text(inbox.url)
        (company.folder / "sign").write_text(signing)
        company.config.write_text(f"{company.config.read_text()}\n{hook}\n")
        company.ldap.stop()
        process = Process(company.config, travel)
        process.step()
        herald = Herald(process.works, process.clock.now)
        herald.round()
        herald.round()
        figures = process.works.figures().decode()
        process.end()
    ((_, content),) = inbox.posts
    told = json.loads(content)["notices"]
    assert [one["kind"] for one in told] == ["failed"]
    assert told[0]["command"] == f"hyperproof-bridge check --config {company.config}"
    assert 'hyperproof_bridge_notices_total{channel="webhook",result="delivered"} 1.0' in figures
    assert "hyperproof_bridge_audit_chain_sound 1.0" in figures
    assert "s3cret" not in figures
