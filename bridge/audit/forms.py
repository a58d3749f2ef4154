"""The forms in which records go out, each of one line for one record."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from bridge.audit.cef import cef_line
from bridge.audit.ocsf import ocsf_line


class Form(StrEnum):
    """A form of lines."""

    JSONL = "jsonl"
    OCSF = "ocsf"
    CEF = "cef"


def _as_sealed(line: str) -> str:
    return line


LINES: Final[Mapping[Form, Callable[[str], str]]] = {
    Form.JSONL: _as_sealed,
    Form.OCSF: ocsf_line,
    Form.CEF: cef_line,
}
"""From a sealed line to the line of a form."""
