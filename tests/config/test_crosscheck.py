from pathlib import Path

import pytest

from tests.config.files import ENVIRON, HYPERPROOF, loaded, sound, told

TWICE = "A managed group is defined once: join them, or give each its own."


def group(text: str) -> str:
    """A configuration whose one group has these members."""
    return sound(groups=f"- name: Auditors\n  members: {text}")


@pytest.mark.parametrize(
    ("groups", "key", "identity"),
    [
        ("- {name: A, members: {corp: a}}\n- {name: ' a ', members: {corp: b}}", "name", "name"),
        ("- {name: A, id: x, members: {corp: a}}\n- {name: B, id: x, members: {corp: b}}", "id", "id"),
        ("- {name: A, key: x, members: {corp: a}}\n- {name: B, key: x, members: {corp: b}}", "key", "key"),
        ("- {name: A, members: {corp: a}}\n- {name: B, key: A, members: {corp: b}}", "key", "key"),
        ("- {for_each: {corp: a.*}, name: '{name}'}\n- {for_each: {corp: b.*}, name: '{name}'}", "name", "key"),
    ],
)
def test_a_group_is_defined_once(tmp_path: Path, groups: str, key: str, identity: str) -> None:
    """Neither by name, case and outer spaces aside, nor by id, nor by the key it is remembered under."""
    sentence = f"groups[0] in line 13 has the same {identity}. {TWICE}"
    assert told(tmp_path, sound(groups=groups)) == [(f"groups[1].{key}", sentence)]


def test_a_name_by_reference_is_compared_by_its_value(tmp_path: Path) -> None:
    """Two ways to write a name are one name."""
    groups = "- {name: A, members: {corp: a}}\n- {name: '${env:NAME}', members: {corp: b}}"
    found = told(tmp_path, sound(groups=groups), ENVIRON | {"NAME": "a"})
    assert found == [("groups[1].name", f"groups[0] in line 13 has the same name. {TWICE}")]


def test_different_groups_are_no_problem(tmp_path: Path) -> None:
    """Names that differ, and a pattern whose template happens to be another's name in part."""
    groups = """
        - {name: A, members: {corp: a}}
        - {name: B, members: {corp: a}}
        - {for_each: {corp: .+}, name: "{name}"}
    """
    assert len(loaded(tmp_path, sound(groups=groups)).groups) == 3


JOBS = "schedule: {jobs: {nightly: {cron: 30 2 * * *}}}"


def test_a_group_names_a_job_that_is_there(tmp_path: Path) -> None:
    """A group of no job would never be written."""
    groups = "- {name: A, job: nightly, members: {corp: a}}\n- {name: B, job: nihgtly, members: {corp: b}}"
    found = told(tmp_path, sound(groups=groups, more=JOBS))
    assert found == [("groups[1].job", "There is no job of this name. Did you mean `nightly`?")]


def test_a_job_has_a_group(tmp_path: Path) -> None:
    """And is not called as the groups without one are."""
    sentence = "No group names this job. Say `job: nightly` in a group, or leave it out."
    assert told(tmp_path, sound(more=JOBS)) == [("schedule.jobs.nightly", sentence)]
    groups = "- {name: A, job: main, members: {corp: a}}"
    ((key, what),) = told(tmp_path, sound(groups=groups, more=JOBS.replace("nightly", "main")))
    assert (key, "cannot be the name of a job" in what) == ("schedule.jobs.main", True)


@pytest.mark.parametrize(
    ("members", "key"),
    [
        ("{hr: a}", "members.hr"),
        ("[{corp: a}, {hr: a}]", "members[1].hr"),
        ("{any: [{corp: a}, {all: [{hr: a}]}]}", "members.any[1].all[0].hr"),
        ("{corp: a, except: [{hr: a}]}", "members.except[0].hr"),
    ],
)
def test_an_undefined_directory_is_found_wherever_it_stands(tmp_path: Path, members: str, key: str) -> None:
    """However deep."""
    assert told(tmp_path, group(members)) == [
        (f"groups[0].{key}", "There is no directory of this name. Write one of: all, any, corp, except.")
    ]


def test_an_undefined_directory_of_a_pattern_is_found(tmp_path: Path) -> None:
    """There only directories can stand."""
    assert told(tmp_path, sound(groups="- {for_each: {crop: .+}, name: '{name}'}")) == [
        ("groups[0].for_each.crop", "There is no directory of this name. Did you mean `corp`?")
    ]


def test_two_directories_side_by_side_are_a_problem(tmp_path: Path) -> None:
    """Whether both or either is meant has to be said."""
    text = group("{corp: a, hr: b}").replace("groups:", "  hr: {}\ngroups:")
    sentences = dict(told(tmp_path, text))
    assert sentences["groups[0].members"] == (
        "It is not said how corp and hr go together. Write `any: [{corp: ...}, {hr: ...}]` for everybody in one "
        "of them, `all: [{corp: ...}, {hr: ...}]` for those in every one."
    )


def test_any_beside_all_is_a_problem(tmp_path: Path) -> None:
    """The same."""
    ((key, sentence),) = told(tmp_path, group("{any: [{corp: a}], all: [{corp: b}]}"))
    assert (key, sentence[:46]) == ("groups[0].members", "It is not said how any and all go together. Wr")


def test_cross_checks_run_beside_wrong_types(tmp_path: Path) -> None:
    """One wrong value does not hide another kind of flaw."""
    text = sound(hyperproof=HYPERPROOF.replace("us", "mars"), groups="- {name: A, members: {crop: a}, create: 1}")
    assert [key for key, _ in told(tmp_path, text)] == [
        "hyperproof.region",
        "groups[0].create",
        "groups[0].members.crop",
    ]
