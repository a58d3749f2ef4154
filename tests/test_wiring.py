"""What is wired is asked as often as it has to be."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from bridge.clock import SystemClock
from bridge.config import Configuration, load
from bridge.core.journal import RunKind
from bridge.cycle.run import Bridge, run_cycle
from bridge.store.lock import OrganizationLock
from bridge.transport.client import Observer, Patience
from bridge.wiring import wired_for_serving, wired_for_writing, writing
from tests.cli.scene import SECRETS, scene


@contextmanager
def of_a_command(configuration: Configuration) -> Iterator[Bridge]:
    """As `sync` has it."""
    with wired_for_writing(configuration) as wired:
        yield wired.bridge


@contextmanager
def of_a_service(configuration: Configuration) -> Iterator[Bridge]:
    """As `run` has it, once for each run."""
    patience, observer = Patience.of(SystemClock(), lambda: 0.5), Observer()
    with wired_for_serving(configuration, patience, observer) as wired, writing(wired, lambda: None) as bridge:
        yield bridge


@pytest.mark.parametrize("wired", [of_a_command, of_a_service])
def test_the_lock_is_asked_before_an_intent_and_right_before_its_call(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wired: Callable[[Configuration], AbstractContextManager[Bridge]],
) -> None:
    """And not more often: on a server each time is a round trip."""
    asked: list[int] = []
    held = OrganizationLock.still_held
    with scene(tmp_path) as one:

        def counted(lock: OrganizationLock) -> bool:
            asked.append(sum(method != "GET" for method, _ in one.calls()))
            return held(lock)

        monkeypatch.setattr(OrganizationLock, "still_held", counted)
        monkeypatch.chdir(tmp_path)
        with wired(load(one.config, SECRETS)) as bridge:
            assert run_cycle(bridge, RunKind.SYNC).outcome
        writes = sum(method != "GET" for method, _ in one.calls())
        assert writes
        assert asked == [number for number in range(writes) for _ in range(2)]
