"""The documentation tells of everything there is, and of nothing that is not."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from bridge.audit.events import Event
from bridge.cli.exits import Exit
from bridge.cli.reference import commands, program, reference
from bridge.core.change import Cause, GuardKind, SkipKind
from bridge.core.model import DoubtKind
from bridge.sandbox.hyperproof import mode_choices

PAGES: Final = {
    path: path.read_text() for path in (Path("README.md"), Path("ARCHITECTURE.md"), *Path("docs").rglob("*.md"))
}
OPERATIONS: Final = PAGES[Path("docs/operations.md")]
README: Final = PAGES[Path("README.md")]


COMMANDS: Final = commands()


def test_the_reference_of_the_commands_is_fresh() -> None:
    """Every command with its arguments, options and example, as the commands themselves say."""
    assert PAGES[Path("docs/commands.md")] == reference(), "the commands have changed: run `make reference`"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_its_place_in_the_operations(command: str) -> None:
    """The page for whoever runs the bridge says when it is used, and leads to the reference."""
    assert f"](commands.md#{command.replace(' ', '-')})" in OPERATIONS


def test_no_other_option_is_documented() -> None:
    """An option that is gone is gone from the page as well."""
    known = {option for node in COMMANDS.values() for one in node.params for option in one.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", OPERATIONS)) - known <= _AT_ONCE


@pytest.mark.parametrize("code", Exit)
def test_an_exit_code_is_documented(code: Exit) -> None:
    """In a row of its own with its number and name."""
    assert re.search(rf"^\| {code.value} \| {code.name} \| .+ \|", OPERATIONS, re.MULTILINE)


def test_codes_of_the_shell_are_documented() -> None:
    """Those of an interruption and of a reader that went away, which are no outcome of ours."""
    assert re.search(r"^\| 130 \|", OPERATIONS, re.MULTILINE)
    assert re.search(r"^\| 141 \|", OPERATIONS, re.MULTILINE)


@pytest.mark.parametrize("kind", [*GuardKind, *DoubtKind, *SkipKind])
def test_a_kind_is_documented(kind: GuardKind | DoubtKind | SkipKind) -> None:
    """Every guard, doubt and skip has its row: what it means, and what to do."""
    assert re.search(rf"^\| {re.escape(kind.value)} \| .+ \|", OPERATIONS, re.MULTILINE)


@pytest.mark.parametrize("cause", Cause)
def test_a_cause_is_documented(cause: Cause) -> None:
    """A report's reader finds out what it means."""
    assert re.search(rf"^\| {cause.value} \| .+ \|", OPERATIONS, re.MULTILINE)


@pytest.mark.parametrize("event", Event)
def test_an_audit_event_is_documented(event: Event) -> None:
    """In the evidence's own page."""
    assert f"| `{event.value}` |" in PAGES[Path("docs/evidence.md")]


def _log_events() -> Iterator[str]:
    """The first argument of every call to a logger of structlog's."""
    for path in Path("bridge").rglob("*.py"):
        tree = ast.parse(path.read_text())
        loggers = {
            target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and "get_logger" in ast.unparse(node.value)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            match node:
                case ast.Call(ast.Attribute(ast.Name(name)), [ast.Constant(str(event)), *_]) if name in loggers:
                    yield event


def test_every_log_event_is_documented() -> None:
    """A noun and a past participle, and what it tells of."""
    events = sorted(set(_log_events()))
    assert events
    assert [event for event in events if not re.fullmatch(r"[a-z_]+\.[a-z_]+", event)] == []
    assert [event for event in events if f"| `{event}` |" not in OPERATIONS] == []


def _called() -> Iterator[tuple[str, str]]:
    """Every call of the command in a shell block, with the page it stands in."""
    for path, page in PAGES.items():
        for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL):
            for line in re.sub(r"\\\n\s*", " ", block).splitlines():
                for call in re.findall(r"(?:^|[|;&(]\s*|\*/\d+ \* \* \* \* )(hyperproof-bridge [^|;&)>]*)", line):
                    yield str(path), call


def _inline() -> Iterator[tuple[str, str]]:
    """Every whole call in the running text; one with a placeholder or dots in it is none."""
    for path, page in PAGES.items():
        for call in re.findall(r"`(?:[*/0-9 ]+ )?(hyperproof-bridge [^`]+)`", page):
            if "..." not in call:
                yield str(path), call


CALLS: Final = sorted({*_called(), *_inline()})


@pytest.mark.parametrize(("page", "call"), CALLS)
def test_a_command_line_of_the_documentation_is_right(page: str, call: str) -> None:
    """The program takes it."""
    words = shlex.split(call, comments=True)[1:]
    node: Any = program()
    while words and words[0] in getattr(node, "commands", {}):
        node = node.commands[words.pop(0)]
    assert _AT_ONCE & {*words} or node.make_context("call", [_value(word) for word in words])


def test_the_program_is_made_once() -> None:
    """Commands add themselves to what their modules hold: made anew for each line, it would grow each time."""
    assert program() is program()


_AT_ONCE: Final = {"--help", "--version", "--install-completion", "--show-completion"}
"""Options that act when they are read, and are not to act here."""


def _value(word: str) -> str:
    """What stands for a moment is a moment."""
    return {"TIME": "2026-01-01", "N": "1"}.get(word, word)


def test_there_are_calls_to_check() -> None:
    """The patterns find what they look for."""
    assert len(CALLS) > 10
    assert ("README.md", "hyperproof-bridge audit verify") in [
        (page, call.split("#")[0].strip()) for page, call in CALLS
    ]


def _links() -> Iterator[tuple[Path, str]]:
    for path, page in {**PAGES, Path("CHANGELOG.md"): Path("CHANGELOG.md").read_text()}.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", page):
            if "://" not in target:
                yield path, target


@pytest.mark.parametrize(("page", "target"), sorted(set(_links())), ids=str)
def test_a_link_leads_somewhere(page: Path, target: str) -> None:
    """The file is there, and so is the heading."""
    file, _, anchor = target.partition("#")
    found = (page.parent / file) if file else page
    assert found.exists()
    if anchor:
        headings = re.findall(r"^#+ (.+)$", found.read_text(), re.MULTILINE)
        assert anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_promises_what_there_is() -> None:
    """Its modes, its files, its targets of make."""
    from bridge.core.mapping import Mode  # noqa: PLC0415 - for this test alone

    assert all(f"`{mode.value}`" in README for mode in Mode)
    assert Path("config/minimal.yaml").exists()
    makefile = Path("Makefile").read_text()
    assert all(f"\n{target}:" in makefile for target in re.findall(r"make ([a-z]+)", README) if target != "and")


def test_modes_of_the_sandbox_can_be_listed() -> None:
    """The page says how; the list itself is the program's."""
    assert "--modes" in OPERATIONS
    assert mode_choices()
