"""The command reference, made from the commands themselves. `make reference` writes it to docs/commands.md.

A test fails when the page is not what the commands say.
"""

import re
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from typing import Any

import typer

from bridge.cli.commands import register

PROGRAM = "hyperproof-bridge"

_WIDTH = 120

_INTRODUCTION = """\
# Commands

Made from the commands themselves by `make reference`: what `--help` of each says, on one page. What to do about an
outcome stands in [operations.md](operations.md); so do the [exit codes](operations.md#exit-codes).

`hyperproof-bridge --version` tells the version, and `--install-completion` sets the shell up for it, see
[Completion](operations.md#completion). Every command takes `-h` or `--help`. Those that need a configuration take
`--config FILE`, else the file that `HYPERPROOF_BRIDGE_CONFIG` names, else `/etc/hyperproof-bridge/config.yaml`.
Results go to standard output, and what is said about them to standard error. [Manners](operations.md#manners) has
the rest.
"""


def commands() -> dict[str, Any]:
    """Every command by the words that it is called by; one that holds others only if it does something itself."""
    return dict(_below(program(), ()))


def examples(help_text: str) -> list[str]:
    """The calls that a help text shows."""
    shown = (_joined(part) for part in _parts(help_text) if part.startswith("Example: "))
    return [call.strip() for part in shown for call in part.split("Example: ") if call]


def reference() -> str:
    """The whole page, as Markdown."""
    known = commands()
    listed = "\n".join(f"- [`{words}`](#{_anchor(words)}): {_first(node.help)}" for words, node in known.items())
    told = "\n".join("\n".join(_section(words, node)) for words, node in known.items())
    return f"{_INTRODUCTION}\n{listed}\n\n{told}"


@cache
def program() -> Any:  # noqa: ANN401 - a command as Typer has it
    """The whole command line, as a tree."""
    made = typer.Typer()
    register(made)
    return typer.main.get_command(made)


def _below(node: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - as above
    inner = getattr(node, "commands", {})
    if words and (not inner or node.invoke_without_command):
        yield " ".join(words), node
    for name, below in inner.items():
        yield from _below(below, (*words, name))


# ---- one command ---------------------------------------------------------------------------------------


def _section(words: str, node: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    context = node.make_context(words, [], resilient_parsing=True)
    yield f"## {words}\n"
    yield f"```text\n{' '.join((PROGRAM, words, *_arguments(node), '[OPTIONS]'))}\n```\n"
    for part in _parts(node.help):
        if not part.startswith("Example: "):
            yield f"{textwrap.fill(_joined(part), _WIDTH, break_long_words=False, break_on_hyphens=False)}\n"
    yield "```sh"
    yield from examples(node.help)
    yield "```\n"
    records = [(parameter, parameter.get_help_record(context)) for parameter in node.params]
    rows = [f"| `{_name(parameter, record[0])}` | {_cell(record[1])} |" for parameter, record in records if record]
    if rows:
        yield from ("| | |", "| --- | --- |", *rows, "")


def _arguments(node: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    for parameter in node.params:
        if parameter.param_type_name == "argument":
            more = "..." if parameter.nargs != 1 else ""
            yield f"{parameter.metavar}{more}" if parameter.required else f"[{parameter.metavar}]{more}"


def _name(parameter: Any, told: str) -> str:  # noqa: ANN401 - as above
    return parameter.metavar if parameter.param_type_name == "argument" else told


def _cell(text: str) -> str:
    """What is said about a parameter, with Typer's brackets made words of their own."""
    said = re.sub(r"\s+\[(env var.*|default.*|required|x.*|[0-9].*)\]$", r" (\1)", _joined(text))
    return said.replace("|", "\\|")


# ---- its text ------------------------------------------------------------------------------------------


def _parts(help_text: str) -> list[str]:
    return [part for part in help_text.split("\n\n") if part.strip()]


def _joined(part: str) -> str:
    return " ".join(part.split())


def _first(help_text: str) -> str:
    """What the command is for, without its second sentence."""
    return re.split(r"(?<=\.) (?=[A-Z-])", _joined(_parts(help_text)[0]))[0]


def _anchor(words: str) -> str:
    return words.replace(" ", "-")


if __name__ == "__main__":
    sys.stdout.write(reference())
