from pathlib import Path

import pytest

from bridge.config.policy import policy
from bridge.core.mapping import (
    AllOf,
    AnyOf,
    Except,
    From,
    LeadAction,
    LeadRule,
    Limit,
    Limits,
    Mode,
    Policy,
    Rule,
    Settings,
)
from bridge.core.model import DirectoryName, Email, GroupId, Selector, SelectorKind, Standing
from tests.config.files import CORP, ENVIRON, GROUPS, HYPERPROOF, loaded, sound

TWO = sound(groups="- {name: A, members: {corp: a}}\n- {name: B, members: {corp: b}}")


def made(folder: Path, **parts: str) -> Policy:
    """The policy of a sound configuration with these parts."""
    return policy(loaded(folder, sound(**parts)))


def corp(text: str, kind: SelectorKind = SelectorKind.NAME) -> From:
    """Everybody in groups of the directory corp."""
    return From(Selector(DirectoryName("corp"), kind, text))


def test_what_is_not_said_is_as_the_core_has_it(tmp_path: Path) -> None:
    """The file's defaults and the core's are the same."""
    made_policy = made(tmp_path)
    core = Policy()
    (mapping,) = made_policy.mappings
    assert (mapping.key, mapping.name, mapping.group_id) == ("Auditors", "Auditors", None)
    assert mapping.settings == Settings()
    assert made_policy.limits == Limits() == core.limits
    assert made_policy.eligible == core.eligible
    assert (made_policy.remove_deactivated, made_policy.remove_lead) == (core.remove_deactivated, core.remove_lead)


@pytest.mark.parametrize(
    ("members", "rule"),
    [
        ("{corp: auditors}", corp("auditors")),
        ("{corp: 'CN=Auditors,DC=corp'}", corp("CN=Auditors,DC=corp", SelectorKind.DN)),
        ("{corp: '2.5.4.3=Auditors,DC=corp'}", corp("2.5.4.3=Auditors,DC=corp", SelectorKind.DN)),
        ("{corp: {name: 'a=b'}}", corp("a=b")),
        ("{corp: {dn: 'cn=a'}}", corp("cn=a", SelectorKind.DN)),
        ("{corp: {id: abc}}", corp("abc", SelectorKind.ID)),
        ("{corp: {filter: (cn=a*)}}", corp("(cn=a*)", SelectorKind.FILTER)),
        ("{corp: {pattern: a.*}}", corp("a.*", SelectorKind.PATTERN)),
        ("[{corp: a}, {corp: b}]", AnyOf((corp("a"), corp("b")))),
        ("{any: [{corp: a}, {corp: b}]}", AnyOf((corp("a"), corp("b")))),
        ("{all: [{corp: a}, {corp: b}]}", AllOf((corp("a"), corp("b")))),
        ("{any: [{corp: a}]}", corp("a")),
        ("{all: [{corp: a}]}", corp("a")),
        ("{corp: a, except: [{corp: x}]}", Except(corp("a"), corp("x"))),
        ("{corp: a, except: [{corp: x}, {corp: y}]}", Except(corp("a"), AnyOf((corp("x"), corp("y"))))),
        (
            "{any: [{corp: a}, {all: [{corp: b}, {corp: c}], except: [{corp: d}]}], except: [{corp: x}]}",
            Except(AnyOf((corp("a"), Except(AllOf((corp("b"), corp("c"))), corp("d")))), corp("x")),
        ),
    ],
)
def test_members_become_a_rule(tmp_path: Path, members: str, rule: Rule) -> None:
    """Each way of writing them, short and long, alone and nested."""
    (mapping,) = made(tmp_path, groups=f"- {{name: A, members: {members}}}").mappings
    assert mapping.rule == rule


def test_a_group_says_it_otherwise_than_the_defaults(tmp_path: Path) -> None:
    """Its own mode, create and rename count; its keep and ignore add to the defaults', so that no one is lost."""
    groups = """
        - name: Auditors
          key: auditors
          id: "42"
          members: {corp: a}
          mode: additive
          create: false
          keep: [Own@corp.example]
          lead: Anna@corp.example
          removals: {count: 1}
        - name: Risk
          members: {corp: b}
          lead: none
    """
    more = """
        defaults:
          mode: owned
          create: true
          rename: true
          keep: [break.glass@corp.example]
          ignore: [robot@corp.example]
          removals: {count: 7, percent: 30}
        limits:
          removals_per_group: {floor: 4}
    """
    own, general = made(tmp_path, groups=groups, more=more).mappings
    robot = frozenset({Email("robot@corp.example")})
    glass = Email("break.glass@corp.example")
    assert (own.key, own.group_id) == ("auditors", GroupId("42"))
    assert own.settings == Settings(
        mode=Mode.ADDITIVE,
        keep=frozenset({glass, Email("own@corp.example")}),
        ignore=robot,
        lead=LeadRule(LeadAction.SET, Email("anna@corp.example")),
        create=False,
        rename=True,
        limit=Limit(count=1, percent=30, floor=4),
    )
    assert general.settings == Settings(
        mode=Mode.OWNED,
        keep=frozenset({glass}),
        ignore=robot,
        lead=LeadRule(LeadAction.CLEAR),
        create=True,
        rename=True,
        limit=Limit(count=7, percent=30, floor=4),
    )


def test_for_each_becomes_a_pattern(tmp_path: Path) -> None:
    """The directory and expression are the selector, the name is the template, and the key unless one is given."""
    groups = "- {for_each: {corp: 'hp-(?P<t>.+)'}, name: 'Team {t}', create: true}"
    made_policy = made(tmp_path, groups=groups)
    (pattern,) = made_policy.patterns
    assert made_policy.mappings == ()
    assert pattern.selector == Selector(DirectoryName("corp"), SelectorKind.PATTERN, "hp-(?P<t>.+)")
    assert (pattern.key, pattern.template, pattern.settings.create) == ("Team {t}", "Team {t}", True)


def test_a_lead_by_owner_asks_who_owns_the_groups(tmp_path: Path) -> None:
    """The groups that put people in, of a pattern too; not those of `except`, nor another mapping's."""
    groups = """
        - {name: A, members: {any: [{corp: a}, {corp: b}], except: [{corp: c}]}, lead: owner}
        - {name: B, members: {corp: a}}
        - {for_each: {corp: 'hp-.+'}, name: '{name}', lead: owner}
    """
    made_policy = made(tmp_path, groups=groups)
    assert [mapping.settings.lead for mapping in made_policy.mappings] == [LeadRule(LeadAction.OWNER), LeadRule()]
    assert [(selector.text, selector.owners) for selector in made_policy.selectors()] == [
        ("a", True),
        ("b", True),
        ("c", False),
        ("a", False),
        ("hp-.+", True),
    ]


def test_each_mapping_says_where_it_stands(tmp_path: Path) -> None:
    """By file and line, so that a message about a group leads to it."""
    groups = """
        - {name: A, members: {corp: a}}
        - {for_each: {corp: .+}, name: "{name}"}
        - {name: B, members: {corp: b}}
    """
    made_policy = made(tmp_path, groups=groups)
    assert [m.where for m in made_policy.mappings] == [f"{tmp_path}/bridge.yaml:{line}" for line in (13, 15)]
    assert [p.where for p in made_policy.patterns] == [f"{tmp_path}/bridge.yaml:14"]


def test_limits_and_accounts_reach_the_core(tmp_path: Path) -> None:
    """Every figure and switch."""
    more = """
        limits:
          removals_per_run: {count: 1, percent: 2.5, floor: 3}
          unresolved: {percent: 4, floor: 5}
          hyperproof_shrink: {percent: 6}
        accounts: {contacts: true, invited: true, remove_deactivated: true, remove_lead: true}
    """
    made_policy = made(tmp_path, more=more)
    assert made_policy.limits == Limits(
        removals_per_run=Limit(1, 2.5, 3), unresolved_percent=4, unresolved_floor=5, shrink_percent=6
    )
    assert made_policy.eligible == {Standing.ACTIVE, Standing.CONTACT, Standing.INVITED}
    assert (made_policy.remove_deactivated, made_policy.remove_lead) == (True, True)


BASE = {"groups": GROUPS, "corp": CORP, "hyperproof": HYPERPROOF, "more": ""}


@pytest.mark.parametrize(
    "parts",
    [
        {"groups": "\n# a remark\n" + GROUPS.replace("auditors", "' auditors '")},
        {"groups": "- {members: [{corp: {name: auditors}}], name: Auditors, mode: authoritative, create: false}"},
        {"more": "limits: {removals_per_run: {percent: 5.0}}"},
        {"more": "defaults: {removals: {count: 10}}"},
        {"more": "log: {level: debug}\naudit: {stdout: true}\nstore: {path: x.db}\napply: true"},
        {"corp": CORP + "    schema: {group_name: cn}"},
        {"corp": CORP + "    page_size: 7\n    receive_timeout: 9s"},
        {"corp": CORP.replace("${env:PASSWORD}", "${env:CLIENT_SECRET}")},
        {"hyperproof": HYPERPROOF + "    timeout: 9s"},
    ],
)
def test_the_hash_stays_where_nothing_is_decided_otherwise(tmp_path: Path, parts: dict[str, str]) -> None:
    """Remarks, another way of writing the same, secrets, logs and timeouts do not show in it."""
    assert made(tmp_path, **{**BASE, **parts}).config_hash == made(tmp_path).config_hash


@pytest.mark.parametrize(
    "parts",
    [
        {"groups": GROUPS.replace("corp: auditors", "corp: risk")},
        {"groups": GROUPS + "      mode: owned"},
        {"groups": GROUPS + "      keep: [a@b.example]"},
        {"corp": CORP.replace("base_dn: dc=corp", "base_dn: dc=lab")},
        {"corp": CORP + "    schema: {group_name: ou}"},
        {"more": "limits: {removals_per_run: {percent: 6}}"},
        {"more": "accounts: {contacts: true}"},
        {"more": "organization: other"},
    ],
)
def test_the_hash_differs_where_something_is_decided_otherwise(tmp_path: Path, parts: dict[str, str]) -> None:
    """Rules, settings, limits, and what the directory is asked for."""
    assert made(tmp_path, **{**BASE, **parts}).config_hash != made(tmp_path).config_hash


def test_any_and_all_differ_in_the_hash(tmp_path: Path) -> None:
    """Rules of the same shape are not the same rule."""
    hashes = {
        made(tmp_path, groups=f"- {{name: A, members: {{{word}: [{{corp: a}}, {{corp: b}}]}}}}").config_hash
        for word in ("any", "all")
    }
    assert len(hashes) == 2


def test_the_hash_does_not_depend_on_order_or_place(tmp_path: Path) -> None:
    """Groups may be moved about, and so may the file."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    turned = sound(groups="- {name: B, members: {corp: b}}\n- {name: A, members: {corp: a}}")
    first, second = policy(loaded(tmp_path, TWO)), policy(loaded(elsewhere, turned, dict(ENVIRON)))
    assert first.config_hash == second.config_hash
    assert len(first.config_hash) == 64
