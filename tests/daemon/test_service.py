"""The service as a process: real signals, real HTTP, a real store, and both ends as servers."""

import json
import signal
import socket
from datetime import datetime

import pytest

from bridge.cli.exits import Exit
from bridge.sandbox.hyperproof import Act, Fault, json_answer, throttle_answer
from tests.cli.scene import Scene, until
from tests.daemon.serving import REMOVAL, Serving, asked, assert_all_is_well, serving, stopped
from tests.e2e.truth import records_of

pytestmark = pytest.mark.e2e

NEXT = 'next_run_timestamp_seconds{bridge_job="main"}'

# ---- at work -------------------------------------------------------------------------------------------


def test_it_makes_a_run_and_tells_that_all_is_well(service: Serving) -> None:
    """The first one at once, for there never was one; then it is live, ready, and has its figures."""
    first = service.told("run.finished")[0]
    assert (first["outcome"], first["reason"]) == ("changes applied", "schedule")
    assert service.ask("/livez") == (200, '{"ok":true,"problems":[]}')
    assert service.ask("/readyz") == (200, '{"ok":true,"problems":[]}')
    assert service.metric('runs_total{outcome="changes applied"}') == 1
    assert service.metric('changes_total{cause="first sync",kind="remove members",result="applied"}') == 1
    assert service.metric('calls_total{endpoint="/groups",method="POST",status="200"}') == 1
    assert service.metric("managed_groups") == 3
    assert service.metric('unresolved_people{kind="no account"}') == 1
    assert service.metric(NEXT) > service.metric('last_complete_run_timestamp_seconds{bridge_job="main"}')
    stopped(service)


def test_a_restart_waits_for_the_next_run(service: Serving) -> None:
    """A run that is not due is not made again, and it is ready at once, by the store's word."""
    stopped(service)
    with serving(service.scene) as again:
        assert again.ask("/readyz")[0] == 200
        assert again.told("run.finished") == []
        until(lambda: again.metric(NEXT) > 0)
        stopped(again)


def test_idle_runs_cost_three_calls(service: Serving) -> None:
    """The token and the connections live from run to run."""
    service.scene.hyperproof.clear_log()
    service.running.send(signal.SIGUSR1)
    service.until_run(2)
    assert [request.path for request in service.scene.hyperproof.requests] == [
        "/v1/users",
        "/v1/groups",
        "/v1/groups/users",
    ]


def test_there_is_one_service_and_room_for_other_commands(service: Serving) -> None:
    """A second one is told who the first is; a run by hand is made."""
    second = service.scene.run("run")
    assert second.code == Exit.BUSY
    assert "Another service keeps this organization: process" in second.err
    assert service.scene.run("sync").code == Exit.OK


def test_it_is_asked_how_it_is(company: Scene) -> None:
    """By the command that containers have for it: not there, there, and not well."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    company.edit("127.0.0.1:0", f"127.0.0.1:{port}")
    gone = company.run("health")
    assert gone.code == Exit.UNHEALTHY
    assert "does not answer" in gone.err
    company.ldap.stop()
    with serving(company) as service:
        service.until_run()
        assert company.run("health", "--live").code == Exit.OK
        unready = company.run("health")
        assert (unready.code, unready.err) == (Exit.UNHEALTHY, "there was no complete run yet\n")
        company.ldap.start()
        until(lambda: company.run("health", "--json").code == Exit.OK)
        assert company.told("health") == {"ok": True, "problems": []}


# ---- asked for a run -----------------------------------------------------------------------------------


def test_a_run_is_made_on_request(service: Serving) -> None:
    """By command."""
    asked_for = service.scene.run("trigger")
    assert asked_for.code == Exit.OK, asked_for.text
    assert service.until_run(2)["reason"] == "request"


def test_a_request_during_a_run_is_followed_by_another_run(company: Scene) -> None:
    """What changed meanwhile may not have been seen by the one under way."""
    company.hyperproof.faults.add(Fault(method="PUT", path="/users/delete$", answer_delay=1))
    with serving(company) as service:
        until(lambda: asked(company, REMOVAL))
        service.running.send(signal.SIGUSR1)
        service.until_told("run.requested")
        assert service.told("run.finished") == []
        assert service.until_run(2)["reason"] == "request"
        stopped(service)


def test_nobody_is_asked_where_no_service_is(company: Scene) -> None:
    """It says what to do instead."""
    ended = company.run("trigger")
    assert ended.code == Exit.USAGE
    assert "No service is running" in ended.err


# ---- told to stop --------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_idle(number: signal.Signals, service: Serving) -> None:
    """Without a word of complaint; presence and lock are free."""
    service.running.send(number)
    assert service.wait().code == Exit.OK
    assert service.scene.run("sync").code == Exit.OK


def test_the_write_in_hand_is_finished_and_no_other_begun(company: Scene) -> None:
    """Told in the middle of a removal: it is done and known to be, and the group that follows is not made."""
    company.hyperproof.faults.add(Fault(method="PUT", path="/users/delete$", answer_delay=1))
    with serving(company) as service:
        until(lambda: asked(company, REMOVAL))
        stopped(service)
        assert service.told("run.stopped")
    assert [call for call in company.calls() if call == ("POST", "/groups")] == []
    assert "liam.walsh" not in company.members("Compliance Managers")
    assert records_of(company, "run.failed")[0]["reason"] == (
        "The service was told to stop; the next run goes on from here."
    )
    assert_all_is_well(company)


def test_a_write_that_does_not_end_is_cut_off_and_settled(company: Scene) -> None:
    """Within the time that is set; it is in the journal, and the next run finds out what came of it."""
    company.edit("stop_within: 20s", "stop_within: 1s")
    company.hyperproof.faults.add(Fault(method="PUT", path="/users/delete$", answer_delay=30))
    with serving(company) as service:
        until(lambda: asked(company, REMOVAL))
        service.running.send(signal.SIGTERM)
        ended = service.wait()
        assert ended.code == Exit.CUT, ended.text
        assert service.told("service.cut")
    assert_all_is_well(company)
    assert records_of(company, "intent.settled")[-1]["done"] == 1


def test_a_wait_for_hyperproof_ends_at_once(company: Scene) -> None:
    """A throttle that would take ten minutes keeps nobody from stopping."""
    throttle = throttle_answer("429", 600)
    company.hyperproof.faults.add(Fault(Act.ANSWER, method="GET", path="/groups$", answer=throttle))
    with serving(company) as service:
        assert service.until_told("call.delayed")["seconds"] >= 600
        assert service.metric("throttle_wait_seconds_total") >= 600
        stopped(service)
    assert_all_is_well(company)


def test_a_service_that_is_killed_goes_on_where_it_was(company: Scene) -> None:
    """In the middle of a removal; the next one settles it at its start, and holds what the dead one held."""
    company.hyperproof.faults.add(Fault(method="PUT", path="/users/delete$", answer_delay=30))
    with serving(company) as service:
        until(lambda: asked(company, REMOVAL))
        service.running.send(signal.SIGKILL)
        assert service.wait().code == -signal.SIGKILL
    with serving(company) as again:
        again.until_run()
        stopped(again)
    assert records_of(company, "intent.settled")[-1]["done"] == 1
    assert_all_is_well(company)


def test_each_job_has_its_runs(company: Scene) -> None:
    """At the start both are due, one after the other; on request all groups are written by one run."""
    company.edit("  - name: Auditors\n", "  - name: Auditors\n    job: slow\n")
    company.edit("schedule: {", "schedule: {jobs: {slow: {every: 2h}}, ")
    with serving(company) as service:
        service.until_run(2)
        assert {line["job"]: line["outcome"] for line in service.told("run.finished")} == {
            "main": "changes applied",
            "slow": "changes applied",
        }
        until(lambda: service.ask("/readyz")[0] == 200)
        assert service.metric('stale_after_seconds{bridge_job="slow"}') == 3 * 7200
        service.running.send(signal.SIGUSR1)
        assert service.until_run(3)["job"] == ""
        stopped(service)
    started = [record.get("job") for record in records_of(company, "run.started")]
    assert set(started[:2]) == {"main", "slow"}
    assert started[2:] == [None]
    assert_all_is_well(company)


# ---- runs that fail ------------------------------------------------------------------------------------


def test_a_run_that_fails_is_tried_again(company: Scene) -> None:
    """Until the directory is back; nobody was removed meanwhile, and nothing looked well."""
    company.ldap.stop()
    with serving(company) as service:
        first = service.until_run(2)
        assert (first["outcome"], list(first["unread"])) == ("could not read", ["corp"])
        assert service.ask("/livez")[0] == 200
        status, body = service.ask("/readyz")
        assert (status, json.loads(body)["problems"]) == (503, ["there was no complete run yet"])
        assert company.hyperproof.history == ()
        company.ldap.start()
        until(lambda: service.ask("/readyz")[0] == 200)
        assert service.until_run(3)["reason"] == "retry"
        stopped(service)
    assert_all_is_well(company)


def test_a_refused_sign_in_is_not_tried_again_soon(company: Scene) -> None:
    """It would lock the account."""
    company.environ["DEMO_PASSWORD"] = "wrong"
    with serving(company) as service:
        service.until_run()
        service.running.send(signal.SIGUSR1)
        service.until_run(2)
        assert service.told("run.planned") == []


def test_nobody_comes_back_before_hyperproofs_time(company: Scene) -> None:
    """Neither by schedule nor when asked to: the run is put off until then, and that is told."""
    throttle = throttle_answer("429", 5000)
    company.hyperproof.faults.add(Fault(Act.ANSWER, method="GET", path="/users$", answer=throttle))
    with serving(company) as service:
        failed = service.until_told("run.failed")
        assert failed["kind"] == "Throttled"
        planned = service.until_told("run.planned")
        wait = datetime.fromisoformat(planned["at"]) - datetime.fromisoformat(failed["timestamp"])
        assert wait.total_seconds() >= 4999
        company.hyperproof.clear_log()
        service.running.send(signal.SIGUSR1)
        service.until_told("run.deferred")
        assert service.metric('runs_skipped_total{reason="throttle"}') == 1
        assert company.hyperproof.requests == ()
        stopped(service)


def test_a_mapping_that_keeps_failing_is_put_in_quarantine(company: Scene) -> None:
    """It is told with its cause, the others go on, and a person's word brings it back."""
    refusal = json_answer({"message": "no"}, 400)
    company.hyperproof.faults.add(Fault(Act.ANSWER, method="POST", path="/groups$", count=0, answer=refusal))
    with serving(company) as service:
        for number in range(1, 4):
            service.until_run(number)
            service.running.send(signal.SIGUSR1)
        quarantined = service.until_told("mapping.quarantined")
        until(lambda: service.metric("quarantined_mappings") == 1)
        (listed,) = company.told("quarantine")
        assert listed["mapping"] == quarantined["mapping"]
        assert listed["group"] == "Team risk"
        assert "400" in listed["cause"]
        company.hyperproof.faults.clear()
        assert company.run("quarantine", "release", "Team risk").code == Exit.OK
        company.run("trigger")
        service.until_told("mapping.released")
        stopped(service)
    assert_all_is_well(company)
