"""The documentation tells of everything there is, and of nothing that is not."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from bridge.audit.events import Event
from bridge.cli.exits import Exit
from bridge.cli.main import MODULES
from bridge.core.change import Cause, GuardKind, SkipKind
from bridge.core.model import DoubtKind
from bridge.sandbox.hyperproof import mode_choices

PAGES: Final = {
    path: path.read_text() for path in (Path("README.md"), Path("ARCHITECTURE.md"), *Path("docs").rglob("*.md"))
}
OPERATIONS: Final = PAGES[Path("docs/operations.md")]
README: Final = PAGES[Path("README.md")]


def _program() -> Any:  # noqa: ANN401 - a command of Typer's own
    """The whole command line, as a tree."""
    made = typer.Typer()
    for module in MODULES:
        module.register(made)
    return typer.main.get_command(made)


def _commands(node: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - as above
    inner = getattr(node, "commands", {})
    if words and (not inner or words in {("held",), ("quarantine",)}):
        yield " ".join(words), node
    for name, below in inner.items():
        yield from _commands(below, (*words, name))


COMMANDS: Final = dict(_commands(_program()))


def _options(node: Any) -> list[str]:  # noqa: ANN401 - as above
    return [
        max(one.opts, key=len) for one in node.params if one.param_type_name == "option" and one.name != "help"
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_documented(command: str) -> None:
    """With the words it is called by, and its options; those of several commands stand above the table."""
    assert f"`hyperproof-bridge {command}" in OPERATIONS
    assert [
        option
        for option in _options(COMMANDS[command])
        if f"`{option}" not in OPERATIONS and f" {option} " not in OPERATIONS
    ] == []


def test_no_other_option_is_documented() -> None:
    """An option that is gone is gone from the page as well."""
    known = {option for node in COMMANDS.values() for one in node.params for option in one.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", OPERATIONS)) - known <= {"--help", "--version"}


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
    node = _program()
    while words and words[0] in getattr(node, "commands", {}):
        node = node.commands[words.pop(0)]
    assert "--help" in words or node.make_context("call", [_value(word) for word in words])


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
    assert "`--modes`" in OPERATIONS
    assert mode_choices()
