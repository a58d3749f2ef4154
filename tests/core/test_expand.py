"""One managed group for each directory group that a pattern finds; what is named twice is refused."""

from bridge.core.expand import expand
from bridge.core.mapping import From, PatternMapping, Policy, Settings
from bridge.core.model import DirectoryGroup, DirectoryRead, Selection, Selector, SelectorKind
from tests.core.world import CORP, CUT, mapping, source

HP = Selector(CORP, SelectorKind.PATTERN, "hp-(?P<team>.+?)(-(?P<part>\\d))?")


def expanded(*groups: DirectoryGroup, template: str = "Team {team}", configured: str = "") -> Policy:
    """A policy with one pattern, and what is found for it."""
    pattern = PatternMapping("teams", HP, template, Settings(create=True), "bridge.yaml:7")
    return Policy(mappings=(mapping(configured),) if configured else (), patterns=(pattern,))


def names(policy: Policy, *groups: DirectoryGroup) -> list[str]:
    """The managed groups that a policy comes to."""
    reads = {CORP: DirectoryRead(CORP, "", selections={HP: Selection(groups)})}
    return [one.name for one in expand(policy, reads).mappings]


def test_each_directory_group_gets_its_managed_group() -> None:
    """Named groups fill the template; a part that did not match is empty; each is fed by its own group only."""
    reads = {CORP: DirectoryRead(CORP, "", selections={HP: Selection((source("hp-red"), source("hp-blue-2")))})}
    found = expand(expanded(template="Team {team} {part}"), reads)
    assert [(one.key, one.name) for one in found.mappings] == [
        ("teams/corp:hp-blue-2", "Team blue 2"),
        ("teams/corp:hp-red", "Team red"),
    ]
    assert found.mappings[0].rule == From(HP, only="corp:hp-blue-2")
    assert all(one.settings.create and one.where == "bridge.yaml:7" for one in found.mappings)


def test_the_whole_name_may_be_in_the_template() -> None:
    """`{name}` is the directory group's own."""
    assert names(expanded(template="From {name}"), source("hp-red")) == ["From hp-red"]


def test_the_key_stays_when_the_directory_group_is_renamed() -> None:
    """The binding hangs on the directory group's id, so that a renamed group keeps its managed group."""
    before, after = source("hp-red"), DirectoryGroup("corp:hp-red", "hp-rot", "", frozenset())
    keys = [
        expand(expanded(), {CORP: DirectoryRead(CORP, "", selections={HP: Selection((one,))})}).mappings[0].key
        for one in (before, after)
    ]
    assert keys[0] == keys[1]


def test_two_directory_groups_that_would_share_a_name_are_both_refused() -> None:
    """Neither is right, even when the names differ in case only."""
    reads = {CORP: DirectoryRead(CORP, "", selections={HP: Selection((source("hp-red"), source("hp-RED")))})}
    found = expand(expanded(), reads)
    assert found.mappings == ()
    assert {one.key for one, _ in found.refusals} == {"teams/corp:hp-red", "teams/corp:hp-RED"}


def test_what_the_configuration_names_itself_wins() -> None:
    """A mapping by name is the more deliberate one; the pattern's is no mistake, and not made."""
    policy = expanded(configured="team RED")
    reads = {CORP: DirectoryRead(CORP, "", selections={HP: Selection((source("hp-red"),))})}
    found = expand(policy, reads)
    assert [one.name for one in found.mappings] == ["team RED"]
    assert found.refusals == ()


def test_a_directory_that_was_not_read_has_no_managed_groups_and_no_harm_done() -> None:
    """Without groups there is no mapping, and what no mapping names is not touched."""
    assert expand(expanded(), {CORP: DirectoryRead(CORP, "", doubts=(CUT,))}).mappings == ()
