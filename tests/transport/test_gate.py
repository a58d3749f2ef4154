from bridge.transport.gate import Budget, Gate
from tests.transport.virtual import VirtualClock


def test_gate_is_open_at_first() -> None:
    """Nobody has to wait before a server has asked for it."""
    assert Gate(VirtualClock()).remaining() == 0


def test_gate_opens_when_its_time_is_over() -> None:
    """A hold runs down by itself."""
    clock = VirtualClock()
    gate = Gate(clock)
    gate.hold(10)
    clock.pass_(4)
    assert gate.remaining() == 6
    clock.pass_(7)
    assert gate.remaining() == 0


def test_shorter_hold_does_not_open_a_longer_one() -> None:
    """Two answers to a throttle: the longer wait counts."""
    gate = Gate(VirtualClock())
    gate.hold(10)
    gate.hold(3)
    assert gate.remaining() == 10


def test_budget_ends() -> None:
    """A wait beyond what is left is refused whole, and costs nothing."""
    clock = VirtualClock()
    budget = Budget(clock, 10)
    assert budget.spend(7)
    clock.pass_(7)
    assert not budget.spend(4)
    assert budget.spend(3)


def test_budget_begins_anew_with_a_run() -> None:
    """A daemon lives for months; its runs have each their own."""
    clock = VirtualClock()
    budget = Budget(clock, 10)
    budget.spend(10)
    clock.pass_(10)
    assert not budget.spend(1)
    budget.start_run()
    assert budget.spend(1)


def test_waits_side_by_side_are_charged_once() -> None:
    """Two threads before one gate wait the same ten seconds of the run."""
    clock = VirtualClock()
    budget = Budget(clock, 15)
    assert budget.spend(10)
    assert budget.spend(10)
    clock.pass_(5)
    assert budget.spend(10)  # five of them were charged already
    assert not budget.spend(11)
