"""Every exit code is reached by what it stands for."""

import signal
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from bridge.cli.exits import Exit
from bridge.sandbox import company
from bridge.sandbox.hyperproof import Act, Fault, json_answer, throttle_answer
from tests.cli.befores import add_faulty_command, be_without_gssapi
from tests.cli.processes import Ended
from tests.cli.scene import Scene, scene, until

WRITES: Final = r"/groups/.+/users"
"""The path of what changes a group's members."""


def _done(s: Scene) -> Ended:
    return s.run("sync")


def _fault(s: Scene) -> Ended:
    return s.run("stumble", before=add_faulty_command)


def _pending(s: Scene) -> Ended:
    return s.run("plan", "--detailed-exitcode")


def _changed(s: Scene) -> Ended:
    return s.run("sync", "--detailed-exitcode")


def _held(s: Scene) -> Ended:
    s.run("sync")
    s.ldap.directory.modify(company.group_dn("GRC Managers"), "member", [company.person_dn("Anna Smith")])
    return s.run("sync")


def _partly_failed(s: Scene) -> Ended:
    refusal = json_answer({"message": "no"}, status=400)
    s.hyperproof.faults.add(Fault(Act.ANSWER, "PUT", WRITES, answer=refusal))
    return s.run("sync")


def _unreadable(s: Scene) -> Ended:
    s.ldap.stop()
    return s.run("sync")


def _configuration(s: Scene) -> Ended:
    s.edit("region: us", "region: moon")
    return s.run("sync")


def _busy(s: Scene) -> Ended:
    s.hyperproof.faults.add(Fault(path="/users$", delay=30))
    with s.start("sync"):
        until(lambda: not s.hyperproof.faults.pending)
        return s.run("sync")


def _store(s: Scene) -> Ended:
    s.database.write_text("no database, and longer than the head of one" * 100)
    return s.run("sync")


def _audit(s: Scene) -> Ended:
    s.run("sync")
    s.audit.write_text(s.audit.read_text().replace("Liam", "Mona").replace("liam", "mona"))
    return s.run("audit", "verify")


def _deferred(s: Scene) -> Ended:
    s.hyperproof.faults.add(Fault(Act.ANSWER, path="/users$", answer=throttle_answer("429", 7200)))
    return s.run("sync")


def _doubt(s: Scene) -> Ended:
    s.ldap.directory.add_values(company.group_dn("Internal Audit"), "member", [company.person_dn("No Body")])
    return s.run("sync")


def _cut(s: Scene) -> Ended:
    s.config.write_text(f"{s.config.read_text()}schedule: {{stop_within: 1s}}\nweb: {{listen: none}}\n")
    s.hyperproof.faults.add(Fault(path="/users$", delay=30))
    with s.start("run") as running:
        until(lambda: not s.hyperproof.faults.pending)
        running.send(signal.SIGTERM)
        return running.wait()


def _unhealthy(s: Scene) -> Ended:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    s.config.write_text(f"{s.config.read_text()}web: {{listen: '127.0.0.1:{port}'}}\n")
    return s.run("health")


def _obstructed(s: Scene) -> Ended:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        s.config.write_text(f"{s.config.read_text()}web: {{listen: '127.0.0.1:{port}'}}\n")
        return s.run("run")


def _usage(s: Scene) -> Ended:
    return s.run("synch")


def _edited(s: Scene, old: str, new: str) -> Ended:
    s.run("sync")
    (s.folder / "before.yaml").write_text(s.config.read_text())
    s.edit(old, new)
    return s.run("plan", "--against", "before.yaml")


def _gaining(s: Scene) -> Ended:
    return _edited(s, "\n      except: [{corp: On Leave}]", "")


def _losing(s: Scene) -> Ended:
    return _edited(s, "[{corp: Internal Audit}, {corp: External Auditors}]", "[{corp: Internal Audit}]")


SITUATIONS: Final[Mapping[Exit, Callable[[Scene], Ended]]] = {
    Exit.OK: _done,
    Exit.FAULT: _fault,
    Exit.PENDING: _pending,
    Exit.CHANGED: _changed,
    Exit.HELD: _held,
    Exit.PARTLY_FAILED: _partly_failed,
    Exit.UNREADABLE: _unreadable,
    Exit.CONFIGURATION: _configuration,
    Exit.BUSY: _busy,
    Exit.STORE: _store,
    Exit.AUDIT: _audit,
    Exit.DEFERRED: _deferred,
    Exit.DOUBT: _doubt,
    Exit.CUT: _cut,
    Exit.UNHEALTHY: _unhealthy,
    Exit.EDITED: _gaining,
    Exit.LOSING: _losing,
    Exit.OBSTRUCTED: _obstructed,
    Exit.USAGE: _usage,
}


@pytest.mark.parametrize("code", Exit)
def test_an_exit_code_is_reached(code: Exit, tmp_path: Path) -> None:
    """By its situation; and nothing but a bug shows a traceback."""
    with scene(tmp_path) as s:
        ended = SITUATIONS[code](s)
    assert (ended.code, "Traceback" in ended.text) == (code, code is Exit.FAULT), ended.text


@pytest.mark.parametrize("command", ["plan", "sync", "backfill"])
def test_only_who_asks_is_told_changes_by_the_exit_code(command: str, tmp_path: Path) -> None:
    """Without --detailed-exitcode a scheduler sees success; with it, each of the three outcomes."""
    with scene(tmp_path) as s:
        assert s.run("plan").code == Exit.OK
        codes = {"plan": [Exit.PENDING] * 2}.get(command, [Exit.CHANGED, Exit.OK])
        assert [s.run(command, "--detailed-exitcode").code for _ in range(2)] == codes


def test_a_throttle_while_writing_is_deferred_too(tmp_path: Path) -> None:
    """What was done is recorded, the rest is for the next run, which finds nothing done twice."""
    with scene(tmp_path) as s:
        s.hyperproof.faults.add(Fault(Act.ANSWER, "PUT", WRITES, answer=throttle_answer("429", 7200)))
        assert s.run("sync").code == Exit.DEFERRED
        assert "liam.walsh" in s.members("Compliance Managers")
        assert s.run("sync", "--detailed-exitcode").code == Exit.CHANGED
        assert s.members("Compliance Managers") & {"liam.walsh"} == set()


def test_ids_that_cannot_be_told_have_to_be_stated(tmp_path: Path) -> None:
    """In an organization whose groups are all empty nothing proves what its ids mean: 7, and no write."""
    organization = company.organization()
    for group in organization.groups:
        organization.remove_members(group.id, group.members, actor="ui")
    with scene(tmp_path, organization=organization) as s:
        ended = s.run("sync")
        assert ended.code == Exit.CONFIGURATION
        assert "user_id_space" in ended.out
        assert [call for call in s.calls() if call[0] != "GET"] == []


def test_kerberos_without_its_packages_is_a_matter_of_configuration(tmp_path: Path) -> None:
    """Said with the key and how to install them, before anything is read."""
    with scene(tmp_path) as s:
        s.edit("ldap://127.0.0.1", "ldap://localhost")
        s.edit(f'method: simple, user: "{company.READER}", password: "${{env:DEMO_PASSWORD}}"', "method: kerberos")
        for command in ("check", "plan", "sync"):
            ended = s.run(command, before=be_without_gssapi)
            assert ended.code == Exit.CONFIGURATION
            assert "directories.corp.bind.method: Kerberos needs packages that are not installed" in ended.text
            assert "pip install hyperproof-bridge[kerberos]" in ended.text
        assert s.ldap.operations == ()
