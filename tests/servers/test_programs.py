import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.servers import programs
from tests.servers.programs import ServerProcess


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
@pytest.mark.parametrize(
    ("ask", "remedy"),
    [
        (lambda: programs.require("no-such-program", "no-such-package"), "apt-get install no-such-package"),
        (lambda: programs.require_module("no_such_module"), "make test"),
    ],
)
def test_what_is_missing_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch,
    ci: str,
    outcome: type[BaseException],
    ask: Callable[[], object],
    remedy: str,
) -> None:
    """Where CI=true it fails the test; elsewhere it skips it, and says what to do."""
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match=remedy):
        ask()


def test_a_tool_that_fails_fails_the_test_in_its_own_words() -> None:
    """Its output is handed back when it succeeds, and told when it does not."""
    echo = "import sys; print(sys.stdin.read()); sys.exit(len(sys.argv) - 1)"
    assert programs.run([sys.executable, "-c", echo], text="all is well") == "all is well\n"
    with pytest.raises(pytest.fail.Exception, match="there is no room"):
        programs.run([sys.executable, "-c", echo, "more"], text="there is no room")


def test_a_server_that_ends_at_once_has_not_started(tmp_path: Path) -> None:
    """Its log tells why, and there is nothing to stop."""
    server = ServerProcess(tmp_path / "log")
    assert not server.start([sys.executable, "-c", "print('no licence')"], [("127.0.0.1", programs.free_port())])
    assert "no licence" in server.said()
    server.stop()


def test_a_server_may_be_killed_by_several_at_once(tmp_path: Path) -> None:
    """Each of them finds it gone in the end."""
    server = ServerProcess(tmp_path / "log")
    assert server.start([sys.executable, "-c", "input()"], [])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: server.kill(), range(20)))
