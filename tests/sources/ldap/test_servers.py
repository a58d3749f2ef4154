import threading

from hypothesis import given
from hypothesis import strategies as st

from bridge.sources.ldap.servers import REST, ServerOrder

SERVERS = ("a", "b", "c", "d")
FAILURES = st.dictionaries(st.sampled_from(SERVERS), st.floats(0, 2 * REST))
"""How long ago each failed, of those that did."""


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def order_after(ago: dict[str, float], clock: Clock) -> ServerOrder:
    """The order of servers that failed so long ago."""
    order = ServerOrder(clock)
    for server in sorted(ago, key=lambda server: -ago[server]):
        clock.now = 10 * REST - ago[server]
        order.failed(server)
    clock.now = 10 * REST
    return order


@given(FAILURES, st.permutations(SERVERS))
def test_well_servers_come_first_and_all_keep_the_preference(ago: dict[str, float], preferred: list[str]) -> None:
    """Those that failed within the last five minutes stand behind the others; none is left out or comes twice."""
    order = order_after(ago, Clock()).of(preferred)
    resting = {server for server, seconds in ago.items() if seconds < REST}
    assert order == (*(s for s in preferred if s not in resting), *(s for s in preferred if s in resting))


@given(FAILURES, st.permutations(SERVERS), st.lists(st.sampled_from(SERVERS)))
def test_a_server_that_answers_is_trusted_again(
    ago: dict[str, float], preferred: list[str], answered: list[str]
) -> None:
    """Its failure is forgotten, at once."""
    order = order_after(ago, Clock())
    for server in answered:
        order.answered(server)
    left = {server: seconds for server, seconds in ago.items() if server not in answered}
    assert order.of(preferred) == order_after(left, Clock()).of(preferred)


@given(st.permutations(SERVERS))
def test_after_a_while_the_preference_holds_again(preferred: list[str]) -> None:
    """Every failure is forgotten in the end."""
    clock = Clock()
    order = order_after(dict.fromkeys(SERVERS[:2], 0.0), clock)
    assert order.of(preferred)[2:] == tuple(server for server in preferred if server in SERVERS[:2])
    clock.now += REST
    assert order.of(preferred) == tuple(preferred)


def test_a_server_that_fails_again_rests_again() -> None:
    """The last failure counts."""
    clock = Clock()
    order = ServerOrder(clock)
    order.failed("a")
    clock.now += REST - 1
    order.failed("a")
    clock.now += REST - 1
    assert order.of(("a", "b")) == ("b", "a")


def test_a_server_named_twice_is_tried_once() -> None:
    """In the first of its places."""
    assert ServerOrder(Clock()).of(("a", "b", "a")) == ("a", "b")


def test_servers_that_nobody_asks_for_are_not_brought_in() -> None:
    """One memory serves several lists, of other domains or of what DNS says now."""
    order = ServerOrder(Clock())
    order.failed("a")
    assert order.of(("b", "c")) == ("b", "c")
    assert order.of(()) == ()


def test_threads_may_share_it() -> None:
    """Whoever fails or answers meanwhile, an order has every server once."""
    order = ServerOrder(Clock())
    seen: set[frozenset[str]] = set()
    many: list[tuple[str, ...]] = []

    def use(server: str) -> None:
        for _ in range(500):
            order.failed(server)
            many.append(order.of(SERVERS))
            order.answered(server)

    threads = [threading.Thread(target=use, args=(server,)) for server in SERVERS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen.update(map(frozenset, many))
    assert (seen, {len(one) for one in many}) == ({frozenset(SERVERS)}, {len(SERVERS)})
    assert order.of(SERVERS) == SERVERS
