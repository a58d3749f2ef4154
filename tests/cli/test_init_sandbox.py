"""init --sandbox: a rehearsal of everything, by the commands as they were told."""

import shlex
import signal
import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from tests.cli.processes import SECONDS, Ended, Order, Running, run
from tests.cli.scene import SPARED
from tests.servers.programs import free_port

pytestmark = pytest.mark.e2e


def test_the_rehearsal_works_as_it_is_told(tmp_path: Path) -> None:
    """From nothing to a real sync: no variable but the one that names the file, and one word to change in it."""
    made = run(Order(["init", "--sandbox", "--port", str(_three_ports())], tmp_path, {}))
    assert made.code == Exit.OK, made.text
    (serving,) = [line for line in made.out.splitlines() if "sandbox --company" in line]
    assert "export HYPERPROOF_BRIDGE_CONFIG=bridge.yaml" in made.out
    with Running(Order(_words(serving), tmp_path, {})) as sandbox:
        _wait_for(sandbox)
        checked = _run(tmp_path, "check")
        assert checked.code == Exit.OK, checked.text
        assert _run(tmp_path, "plan", "--detailed-exitcode").code == Exit.PENDING
        file = tmp_path / "bridge.yaml"
        file.write_text(file.read_text().replace("apply: false", "apply: true"))
        done = _run(tmp_path, "sync", "--detailed-exitcode")
        assert done.code == Exit.CHANGED, done.text
        assert _run(tmp_path, "sync", "--detailed-exitcode").code == Exit.OK
        sandbox.send(signal.SIGINT)
        assert (sandbox.wait().code, sandbox.wait().err) == (Exit.OK, "")


def test_it_refers_to_files_that_only_their_owner_may_read(tmp_path: Path) -> None:
    """The sandbox writes them, each time anew, into a folder of their own."""
    for _ in range(2):
        with Running(Order(["sandbox", "--company", "keys", "--port", "0"], tmp_path, {})) as sandbox:
            _wait_for(sandbox)
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "keys").iterdir()} == {0}


def test_a_file_that_is_there_is_left(tmp_path: Path) -> None:
    """A rehearsal writes over nothing either."""
    (tmp_path / "bridge.yaml").write_text("precious")
    assert run(Order(["init", "--sandbox"], tmp_path, {})).code == Exit.USAGE
    assert (tmp_path / "bridge.yaml").read_text() == "precious"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """With the option that names another."""
    (tmp_path / "keys").touch()
    ended = run(Order(["sandbox", "--company", "keys", "--port", "0"], tmp_path, {}))
    assert ended.code == Exit.USAGE
    assert "--company" in ended.err


@pytest.mark.parametrize("name", ["hyperproof-secret", "ldap-password", "authority.pem"])
@pytest.mark.parametrize("linked", [False, True])
def test_a_file_that_is_not_the_sandbox_s_stays(tmp_path: Path, name: str, *, linked: bool) -> None:
    """Somebody's own secret may have the name, or a link lead to something else."""
    keys = tmp_path / "keys"
    keys.mkdir()
    own = tmp_path / "precious" if linked else keys / name
    own.write_text("precious")
    if linked:
        (keys / name).symlink_to(own)
    ended = run(Order(["sandbox", "--company", "keys", "--port", "0"], tmp_path, {}))
    assert (ended.code, own.read_text()) == (Exit.USAGE, "precious")
    assert f"{name} is there already" in ended.err


def test_the_company_is_as_it_is(tmp_path: Path) -> None:
    """What would be left out is refused instead."""
    ended = run(Order(["sandbox", "--company", "keys", "--seed", "seed.yaml"], tmp_path, {}))
    assert ended.code == Exit.USAGE
    assert "--seed" in ended.err


def _run(folder: Path, *arguments: str) -> Ended:
    return run(Order(arguments, folder, {"HYPERPROOF_BRIDGE_CONFIG": "bridge.yaml", **SPARED}))


def _three_ports() -> int:
    """The first of three that nobody listens at."""
    while True:
        first = free_port()
        with ExitStack() as stack, suppress(OSError):
            for port in range(first, first + 3):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
            return first


def _words(line: str) -> list[str]:
    """A command as a shell takes it, without the program's name and the `&` at its end."""
    return [word for word in shlex.split(line, comments=True)[1:] if word != "&"]


def _wait_for(sandbox: Running) -> None:
    deadline = time.monotonic() + SECONDS
    while "Ctrl-C" not in sandbox.out:
        if time.monotonic() > deadline or not sandbox.alive:
            raise TimeoutError(sandbox.out + sandbox.err)
        time.sleep(0.01)
