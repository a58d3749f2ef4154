from pathlib import Path

import pytest

from bridge.config.document import MAX_BYTES, key_path, read_document
from bridge.errors import ConfigError
from tests.config.files import problems, sound, told, written


def only(folder: Path, content: str | bytes) -> tuple[int, str]:
    """The line and the sentences of the one problem that a file has as a whole."""
    (problem,) = problems(folder, content)
    assert problem.file == str(folder / "bridge.yaml")
    assert problem.key == "(file)"
    return problem.line, f"{problem.what} {problem.remedy}"


def test_values_have_their_yaml_1_2_types(tmp_path: Path) -> None:
    """`yes` and `on` are texts, 010 is ten, a date is a text."""
    text = "a: [yes, on, true, 010, 0o10, 0x1f, -5, 1.5, 1e3, 2026-11-01, 12:30, ~, '1', .inf]\n"
    data = read_document(written(tmp_path, text)).data
    assert data == {
        "a": ["yes", "on", True, 10, 8, 31, -5, 1.5, 1000.0, "2026-11-01", "12:30", None, "1", float("inf")]
    }


def test_every_place_has_its_line(tmp_path: Path) -> None:
    """Keys and list items are found where they stand; what is not there, at what is around it."""
    document = read_document(written(tmp_path, "a:\n  b:\n    - x\n    -\n      c: 1\nd: {e: 2}\n"))
    places = [("a",), ("a", "b"), ("a", "b", 0), ("a", "b", 1), ("a", "b", 1, "c"), ("d", "e"), ("a", "missing")]
    assert [document.line(place) for place in places] == [1, 2, 3, 5, 5, 6, 1]


def test_key_path_reads_like_code() -> None:
    """Steps are joined by dots and brackets; odd keys are quoted."""
    assert key_path(("groups", 1, "members", "any", 0)) == "groups[1].members.any[0]"
    assert key_path(("a b", "c.d")) == "'a b'.'c.d'"
    assert key_path(()) == "(file)"


def test_anchors_and_aliases_are_followed(tmp_path: Path) -> None:
    """What an alias names counts as if it stood there."""
    assert read_document(written(tmp_path, "a: &x [1, 2]\nb: *x\n")).data == {"a": [1, 2], "b": [1, 2]}


def test_a_bom_and_windows_line_ends_do_not_matter(tmp_path: Path) -> None:
    """Editors on Windows write both."""
    assert read_document(written(tmp_path, b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")).data == {"a": 1, "b": 2}


def test_a_key_that_stands_twice_is_a_problem(tmp_path: Path) -> None:
    """Every such key is told, with both lines; neither value silently wins."""
    found = told(tmp_path, sound(more="apply: true\nlog: {level: info, level: debug}\napply: false"))
    assert found == [
        ("apply", "The key stands twice: in line 15 and in line 17. Keep one of them."),
        ("log.level", "The key stands twice: in line 16 and again. Keep one of them."),
    ]


def test_tags_merge_keys_and_odd_keys_are_problems(tmp_path: Path) -> None:
    """Nothing outside YAML's core schema is built, least of all an object."""
    more = """
        organization: !!python/object/apply:os.getcwd []
        log: &log {level: info}
        audit:
          <<: *log
        store: {{x}: 1}
    """
    assert told(tmp_path, sound(more=more)) == [
        ("organization", "A YAML tag stands before this value. Leave it out, or use quotes."),
        ("audit.'<<'", "Merge keys are not supported. Write the keys out."),
        ("store", "A key in here is not a plain word. Put a text that begins with { or [ in single quotes."),
    ]


@pytest.mark.parametrize(
    ("content", "line", "sentence"),
    [
        ("", 1, "The file is empty. Write one with `init`."),
        ("# only a comment\n", 1, "The file is empty. Write one with `init`."),
        ("- a\n- b\n", 1, "The file does not consist of keys and values. Begin with `hyperproof:`."),
        ("just text\n", 1, "The file does not consist of keys and values. Begin with `hyperproof:`."),
        ("a:\n\tb: 1\n", 2, "A tab stands where spaces belong. Indent with spaces."),
        ("a: 1\n---\nb: 2\n", 2, "The file holds more than one YAML document."),
        ("a: [1, 2\nb: 3\n", 2, "A list that begins with [ does not end. Close it with ]."),
        ("a: {b: 2\n", 2, "A mapping that begins with { does not end. Close it with }."),
        ("a: {b: ${env:X}}\n", 1, 'Put it in double quotes: "${env:NAME}".'),
        ("a: 'x\n", 2, "A quotation mark is opened and not closed. Close it."),
        ("a: b: c\n", 1, "A colon stands where none can be, or the line is indented wrongly."),
        ("a: 1\n  b: 2\n", 2, "A colon stands where none can be, or the line is indented wrongly."),
        ("  a: 1\n b: 2\n", 2, "The line is not indented like those that it belongs to."),
        ("a:\n  - b\n c: 1\n", 3, "The line is not indented like those that it belongs to."),
        (
            "a: *b\n",
            1,
            "A text that begins with * names an anchor that is not there. Put the text in single quotes.",
        ),
        ("a: !x!y z\n", 1, "A text begins with !, which has a meaning of its own in YAML."),
        ("a: @b\n", 1, "A text begins with a character that has a meaning of its own in YAML."),
        ("a: %b\n", 1, "A text begins with a character that has a meaning of its own in YAML."),
        ('a: "\\q"\n', 1, "A backslash in double quotes begins an escape that YAML does not know."),
        ("a: |b\n c\n", 1, "A text begins with | or >, which have a meaning of their own in YAML."),
        ("a: 1\nb: x\x01\n", 2, "An unprintable character stands here. Delete it."),
        (b"a: 1\nb: \xff\xfe\n", 2, "The file is not UTF-8 text. Save it with the encoding UTF-8."),
        ("a: " + "[" * 5000 + "\n", 1, "The file is nested too deeply, or an alias contains itself."),
        ("a: &a [*a]\n", 1, "The file is nested too deeply, or an alias contains itself."),
        (b"#" * (MAX_BYTES + 1), 1, "The file is larger than 5 MB. Check the path."),
    ],
)
def test_a_file_that_cannot_be_read_has_one_problem(
    tmp_path: Path, content: str | bytes, line: int, sentence: str
) -> None:
    """It is told with the line, in our words."""
    found_line, found = only(tmp_path, content)
    assert (found_line, sentence in found) == (line, True), found


def test_a_bomb_of_aliases_goes_off_harmlessly(tmp_path: Path) -> None:
    """Nine levels of nine aliases would be 387 million values: counting stops long before."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    _, found = only(tmp_path, "\n".join(lines))
    assert found == "The file holds more than 200,000 values. Write the values out, without anchors and aliases."


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "nowhere.yaml",
            (
                "There is no such file. "
                "Name another with --config or HYPERPROOF_BRIDGE_CONFIG, or write one with `init`."
            ),
        ),
        (".", "This is a directory. Name the file in it."),
        ("file/below.yaml", "The file cannot be read: Not a directory. Check its permissions and its disk."),
    ],
)
def test_what_is_no_file_is_a_problem(tmp_path: Path, name: str, sentence: str) -> None:
    """Missing, a directory, below a file: one problem each."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError) as caught:
        read_document(tmp_path / name)
    (problem,) = caught.value.problems
    assert (problem.line, problem.key, f"{problem.what} {problem.remedy}") == (1, "(file)", sentence)


def test_a_file_that_fails_while_it_is_read_is_a_problem() -> None:
    """The system's reason is told. Linux opens this file for everybody and lets nobody read its beginning."""
    with pytest.raises(ConfigError, match=r"The file cannot be read: Input/output error\."):
        read_document(Path("/proc/self/mem"))
